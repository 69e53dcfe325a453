"""LlamaIndex code can use our splitter, our embedding, our search and our answers."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from llama_index.core import Document, Settings, VectorStoreIndex
from llama_index.core.agent.workflow import FunctionAgent
from llama_index.core.base.llms.types import ToolCallBlock
from llama_index.core.base.response.schema import Response
from llama_index.core.callbacks import CallbackManager, CBEventType, EventPayload, LlamaDebugHandler
from llama_index.core.llms import ChatMessage, MessageRole, MockLLM
from llama_index.core.llms.mock import MockFunctionCallingLLM
from llama_index.core.query_engine import RetrieverQueryEngine, RouterQueryEngine
from llama_index.core.schema import MetadataMode, NodeRelationship, NodeWithScore, QueryBundle, TextNode
from llama_index.core.selectors import LLMSingleSelector
from llama_index.core.tools import QueryEngineTool

from assistant.budget import Budget
from assistant.embedding import EmbeddedEmbedder
from assistant.errors import BudgetSpent, NoLibrary, QuestionError
from assistant.lexicon import Lexicon
from assistant.llama_index import PassageParser, SanadEmbedding, SanadQueryEngine, SanadRetriever
from assistant.pipeline import Assistant
from assistant.rendering import to_dict
from assistant.types import Citation, Filters, Hit, Message, Source
from assistant.wording import not_found

LEXICON = Lexicon.open()
EMBEDDER = EmbeddedEmbedder(LEXICON)
LINE = "نماینده پوتین با شمخانی در تهران دیدار کرد. "
QUESTIONS = {
    "fa": "نماینده ویژه پوتین در تهران با چه کسی دیدار کرد؟",
    "ar": "من قاد الوفد الروسي الذي زار طهران؟",
    "en": "Where was Ali Mamlouk's first trip outside Syria in five years?",
}
ELSEWHERE = {
    "fa": "برنده جام جهانی فوتبال ۲۰۱۴ کدام تیم بود؟",
    "ar": "من فاز بكأس العالم لكرة القدم؟",
    "en": "Who won the 2016 US presidential election?",
}
REPORT = Document(
    id_="geneva",
    text="The envoy met the minister in Geneva on Monday. They spoke about prisoners for two hours.",
    metadata={
        "title": "Envoy in Geneva",
        "publisher": "The Courier",
        "published": "2016-12-19",
        "language": "en",
        "url": "https://courier.example/geneva",
    },
)


@pytest.fixture(scope="module")
def sanad(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    """The bundled articles, and one of which everything is known."""
    folder = tmp_path_factory.mktemp("library")
    with Assistant(folder, lexicon=LEXICON, embedder=EMBEDDER, today=lambda: date(2017, 1, 1)) as assistant:
        assistant.ingest_seeds()
        assistant.ingest_documents([REPORT])
        yield assistant


def known(source: Source) -> dict[str, object]:
    return {
        "article_id": source.article_id,
        "title": source.title,
        "publisher": source.publisher,
        "published": source.published and source.published.isoformat(),
        "language": source.language,
        "url": source.url,
    }


def parts(found: NodeWithScore) -> tuple[object, ...]:
    """All that a node of ours says."""
    node = found.node
    assert isinstance(node, TextNode)
    return node.text, node.start_char_idx, node.end_char_idx, node.metadata, node.ref_doc_id, node.id_, found.score


def hit_parts(hit: Hit) -> tuple[object, ...]:
    passage, source = hit.passage, hit.passage.source
    return passage.text, passage.start, passage.end, known(source), source.article_id, passage.id, hit.score


def citation_parts(citation: Citation) -> tuple[object, ...]:
    source, start, end = citation.source, citation.start, citation.end
    metadata = {**known(source), "number": citation.number, "match": citation.match.value}
    return citation.quote, start, end, metadata, source.article_id, f"{source.article_id}-{start}-{end}", None


def slices(sanad: Assistant, nodes: Sequence[NodeWithScore]) -> list[str]:
    """The words of the articles at the places the nodes name."""
    texts = []
    for found in nodes:
        assert isinstance(found.node, TextNode)
        article = sanad.article(found.metadata["article_id"])
        texts.append(article.text[found.node.start_char_idx : found.node.end_char_idx])
    return texts


def untimed(response: object) -> tuple[object, ...]:
    """All that a response says but how long it took."""
    assert isinstance(response, Response)
    assert response.metadata is not None
    metadata = {**response.metadata, "trace": {**response.metadata["trace"], "seconds": {}}}
    return response.response, [parts(node) for node in response.source_nodes], metadata


# -- the retriever ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", QUESTIONS)
def test_the_retriever_gives_our_hits_as_nodes(sanad: Assistant, language: str) -> None:
    """Text, place, what is known of the article, ids and scores are those of `search`, and the place holds the text."""
    question = QUESTIONS[language]
    nodes = SanadRetriever(sanad).retrieve(question)
    assert [parts(node) for node in nodes] == [hit_parts(hit) for hit in sanad.search(question)]
    assert nodes
    assert slices(sanad, nodes) == [node.text for node in nodes]


def test_the_retriever_minds_filters_and_limit(sanad: Assistant) -> None:
    """Only the articles asked for, and no more passages than asked for."""
    arabic = SanadRetriever(sanad, filters=Filters(languages=("ar",)), limit=2).retrieve(QUESTIONS["fa"])
    assert [node.metadata["language"] for node in arabic] == ["ar", "ar"]


def test_the_retriever_works_in_async_code(sanad: Assistant) -> None:
    """Several questions at once give what each gives alone, in their order."""
    retriever = SanadRetriever(sanad, limit=3)

    async def together() -> list[list[NodeWithScore]]:
        return await asyncio.gather(*(retriever.aretrieve(question) for question in QUESTIONS.values()))

    assert asyncio.run(together()) == [retriever.retrieve(QueryBundle(question)) for question in QUESTIONS.values()]


def test_a_node_tells_everything_that_is_known(sanad: Assistant) -> None:
    """The metadata of an article that has all of it; a model reads it without id and address."""
    filters = Filters(publishers=("The Courier",))
    [node] = SanadRetriever(sanad, filters=filters).retrieve("envoy in Geneva")
    assert node.metadata == {
        "article_id": sanad.articles(filters)[0].article_id,
        "title": "Envoy in Geneva",
        "publisher": "The Courier",
        "published": "2016-12-19",
        "language": "en",
        "url": "https://courier.example/geneva",
    }
    shown = f"title: Envoy in Geneva\npublisher: The Courier\npublished: 2016-12-19\nlanguage: en\n\n{REPORT.text}"
    assert [node.get_content(mode) for mode in (MetadataMode.LLM, MetadataMode.EMBED)] == [shown, shown]


def test_what_is_unknown_is_not_shown_to_a_model(sanad: Assistant) -> None:
    """An unknown title is None for programs, and no line of the text a model reads."""
    untitled = next(source for source in sanad.articles() if source.title is None)
    found = SanadRetriever(sanad, filters=Filters(articles=(untitled.article_id,)), limit=1).retrieve(QUESTIONS["fa"])
    assert found[0].metadata == known(untitled)
    assert found[0].get_content(MetadataMode.LLM) == f"publisher: {untitled.publisher}\nlanguage: fa\n\n{found[0].text.strip()}"


def test_llama_index_sees_what_happens(sanad: Assistant, monkeypatch: pytest.MonkeyPatch) -> None:
    """Handlers in LlamaIndex's settings are told of our retrieving, and our engine reports to them."""
    handler = LlamaDebugHandler(print_trace_on_end=False)
    monkeypatch.setattr(Settings, "callback_manager", CallbackManager([handler]))
    nodes = SanadRetriever(sanad).retrieve(QUESTIONS["en"])
    [(_, end)] = handler.get_event_pairs(CBEventType.RETRIEVE)
    assert end.payload == {EventPayload.NODES: nodes}
    assert SanadQueryEngine(sanad).callback_manager is Settings.callback_manager


def test_a_query_engine_of_llama_index_writes_from_our_passages(sanad: Assistant) -> None:
    """The retriever feeds LlamaIndex's own engine: its model sees the passages, its response has them as sources."""
    engine = RetrieverQueryEngine.from_args(SanadRetriever(sanad, limit=2), llm=MockLLM())
    response = engine.query(QUESTIONS["fa"])
    hits = sanad.search(QUESTIONS["fa"], limit=2)
    assert [parts(node) for node in response.source_nodes] == [hit_parts(hit) for hit in hits]
    assert all(hit.passage.text.strip() in str(response) for hit in hits)  # this model repeats its prompt


# -- the query engine ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", QUESTIONS)
def test_the_engine_gives_our_answer_with_its_citations(sanad: Assistant, language: str) -> None:
    """The text is the whole answer; each citation is a source node, cut from its article; the metadata says how it came about."""
    answer = sanad.ask(QUESTIONS[language])
    response = SanadQueryEngine(sanad).query(QUESTIONS[language])
    metadata = {
        "status": "answered",
        "mode": "extractive",
        "language": language,
        "trace": {**to_dict(answer.trace), "seconds": {}},
    }
    assert untimed(response) == (answer.text, [citation_parts(citation) for citation in answer.citations], metadata)
    assert response.source_nodes
    assert slices(sanad, response.source_nodes) == [node.text for node in response.source_nodes]


@pytest.mark.parametrize("language", ELSEWHERE)
def test_what_is_not_in_the_articles_has_no_source(sanad: Assistant, language: str) -> None:
    """The text is our refusal in the language of the question, nothing is cited, and the status says so."""
    response = SanadQueryEngine(sanad).query(ELSEWHERE[language])
    assert response.source_nodes == []
    assert str(response) == sanad.ask(ELSEWHERE[language]).text
    assert str(response).startswith(not_found(language))
    assert response.metadata is not None
    assert (response.metadata["status"], response.metadata["language"]) == ("not_found", language)


def test_the_engine_minds_filters_and_language(sanad: Assistant) -> None:
    """Quotes come from the articles asked for, the words around them are in the language asked for."""
    filters = Filters(languages=("ar",))
    response = SanadQueryEngine(sanad, filters=filters, language="en").query(QUESTIONS["ar"])
    assert response.metadata is not None
    assert response.metadata["language"] == "en"
    assert {node.metadata["language"] for node in response.source_nodes} == {"ar"}
    assert str(response) == sanad.ask(QUESTIONS["ar"], filters=filters, language="en").text


def test_the_metadata_is_plain_data(sanad: Assistant) -> None:
    """It goes through JSON unchanged, so that it can be logged, stored and sent."""
    response = SanadQueryEngine(sanad).query(QUESTIONS["fa"])
    assert json.loads(json.dumps(response.metadata)) == response.metadata
    assert all(json.loads(json.dumps(node.metadata)) == node.metadata for node in response.source_nodes)


def test_the_engine_works_in_async_code(sanad: Assistant) -> None:
    """Several questions at once give what each gives alone, in their order."""
    engine = SanadQueryEngine(sanad)
    questions = [*QUESTIONS.values(), *ELSEWHERE.values()]

    async def together() -> list[Any]:
        return await asyncio.gather(*(engine.aquery(question) for question in questions))

    assert [untimed(response) for response in asyncio.run(together())] == [untimed(engine.query(q)) for q in questions]


@pytest.mark.parametrize("question", ["", "؟" * 4_001])
def test_our_errors_come_through(sanad: Assistant, question: str, tmp_path: Path) -> None:
    """A question that is none, and a library that is none, raise what `ask` and `search` raise, in async code too."""
    missing = Assistant(tmp_path / "none", lexicon=LEXICON)
    for ask in (SanadQueryEngine(sanad).query, SanadRetriever(sanad).retrieve):
        with pytest.raises(QuestionError):
            ask(question)
    with pytest.raises(NoLibrary):
        asyncio.run(SanadQueryEngine(missing).aquery(QUESTIONS["fa"]))
    with pytest.raises(NoLibrary):
        asyncio.run(SanadRetriever(missing).aretrieve(QUESTIONS["fa"]))


def test_the_engine_has_no_prompts_of_llama_index(sanad: Assistant) -> None:
    """Nothing for `update_prompts` to change."""
    assert SanadQueryEngine(sanad).get_prompts() == {}


# -- with a model -------------------------------------------------------------------------------------------------------


def said(text: str, quote: str) -> str:
    return json.dumps({"say": text, "from": [{"p": 1, "quote": quote}]}) + "\n"


@dataclass
class Chat:
    """A model that writes two sentences, the second without ground; when `held`, it then goes on until it is told to stop."""

    held: bool = False
    writing: threading.Event = field(default_factory=threading.Event)
    stopped: threading.Event = field(default_factory=threading.Event)
    name: str = "scripted"
    window: int = 32_000
    host: str | None = None

    def stream(self, messages: Sequence[Message], *, budget: Budget) -> Iterator[str]:
        budget.spend()
        if budget.used > 1:
            return  # what was refused is not mended
        yield said("The envoy met the minister in Geneva.", "The envoy met the minister in Geneva")
        yield said("They spoke for three hours.", "They spoke about prisoners for three hours")
        self.writing.set()
        if self.held and budget.cancelled.wait(60):
            self.stopped.set()
            raise BudgetSpent("The question was cancelled.")


def writing(folder: Path, chat: Chat) -> Assistant:
    assistant = Assistant(folder, lexicon=LEXICON, embedder=EMBEDDER, chat=chat)
    assistant.ingest_documents([REPORT])
    return assistant


def test_a_model_s_sentences_have_their_quotes_as_sources(tmp_path: Path) -> None:
    """What was dropped is in the trace, and no source node."""
    with writing(tmp_path / "library", Chat()) as sanad:
        response = SanadQueryEngine(sanad).query("Where did the envoy meet the minister?")
    [node] = response.source_nodes
    assert (node.text, node.metadata["number"], node.metadata["match"]) == ("The envoy met the minister in Geneva", 1, "exact")
    assert response.metadata is not None
    assert [response.metadata[key] for key in ("status", "mode", "language")] == ["incomplete", "generative", "en"]
    assert response.metadata["trace"]["model"] == "scripted"
    assert [dropped["text"] for dropped in response.metadata["trace"]["dropped"]] == ["They spoke for three hours."]
    assert str(response).startswith("The envoy met the minister in Geneva. [1]")


def test_who_waits_no_more_stops_the_model(tmp_path: Path) -> None:
    """Cancelling an async question ends the request to the model."""
    chat = Chat(held=True)

    async def impatient(engine: SanadQueryEngine) -> None:
        asking = asyncio.create_task(engine.aquery("Where did the envoy meet the minister?"))
        assert await asyncio.to_thread(chat.writing.wait, 30)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking

    with writing(tmp_path / "library", chat) as sanad:
        asyncio.run(impatient(SanadQueryEngine(sanad)))
    assert chat.stopped.is_set()


def test_async_code_is_not_held_up(tmp_path: Path) -> None:
    """Searching and answering happen in another thread than the one that waits for many things."""
    threads: list[int] = []

    def today() -> date:
        threads.append(threading.get_ident())
        return date(2017, 1, 1)

    async def both(assistant: Assistant) -> None:
        await SanadRetriever(assistant).aretrieve(QUESTIONS["en"])
        await SanadQueryEngine(assistant).aquery(QUESTIONS["en"])

    with Assistant(tmp_path / "library", lexicon=LEXICON, embedder=EMBEDDER, today=today) as assistant:
        assistant.ingest_documents([REPORT])
        asyncio.run(both(assistant))
    assert threads
    assert threading.get_ident() not in threads


# -- in LlamaIndex's own machinery --------------------------------------------------------------------------------------


def chooser(choice: int) -> MockFunctionCallingLLM:
    """A model that always chooses this one of the tools, counted from 1."""
    reply = ChatMessage(json.dumps([{"choice": choice, "reason": "it fits"}]), role=MessageRole.ASSISTANT)
    return MockFunctionCallingLLM(response_generator=lambda messages, **options: reply, is_chat_model=True)


@pytest.mark.parametrize(("choice", "cited"), [(1, "fa"), (2, "ar")])
def test_a_router_chooses_among_our_engines(sanad: Assistant, choice: int, cited: str) -> None:
    """The chosen engine's answer comes out whole, with its citations and its metadata, in sync and async code."""
    engines = {code: SanadQueryEngine(sanad, filters=Filters(languages=(code,))) for code in ("fa", "ar")}
    tools = [QueryEngineTool.from_defaults(engine, name=code, description=f"News in {code}.") for code, engine in engines.items()]
    llm = chooser(choice)
    router = RouterQueryEngine(LLMSingleSelector.from_defaults(llm=llm), tools, llm=llm)
    question = QUESTIONS[cited]
    alone = untimed(engines[cited].query(question))
    for response in (router.query(question), asyncio.run(router.aquery(question))):
        assert response.metadata is not None
        assert response.metadata.pop("selector_result").ind == choice - 1
        assert untimed(response) == alone
        assert {node.metadata["language"] for node in response.source_nodes} == {cited}


# LlamaIndex's workflows look at every member of an agent, those that pydantic deprecates included.
@pytest.mark.filterwarnings("ignore::pydantic.PydanticDeprecationWarning")
def test_an_agent_can_ask_us(sanad: Assistant) -> None:
    """As a tool, an agent's model gets the text of our answer, and the caller the response with its citations."""
    tool = QueryEngineTool.from_defaults(SanadQueryEngine(sanad), name="news", description="Answers from the news.")

    def reply(messages: Sequence[ChatMessage], **options: Any) -> ChatMessage:
        if messages[-1].role == MessageRole.TOOL:
            return ChatMessage(f"I read: {messages[-1].content}", role=MessageRole.ASSISTANT)
        call = ToolCallBlock(tool_call_id="1", tool_name="news", tool_kwargs={"input": messages[-1].content})
        return ChatMessage(role=MessageRole.ASSISTANT, blocks=[call])

    async def run() -> Any:
        agent = FunctionAgent(tools=[tool], llm=MockFunctionCallingLLM(response_generator=reply), streaming=False)
        return await agent.run(QUESTIONS["fa"])

    result = asyncio.run(run())
    expected = SanadQueryEngine(sanad).query(QUESTIONS["fa"])
    assert str(result) == f"I read: {expected}"
    assert [untimed(call.tool_output.raw_output) for call in result.tool_calls] == [untimed(expected)]


# -- the embedding and the splitter -------------------------------------------------------------------------------------


def test_the_embedding_gives_the_embedders_own_vectors() -> None:
    """Texts and questions get the same numbers through LlamaIndex as without it, in async code too."""
    model = SanadEmbedding(EMBEDDER)
    texts = ["دیدار در تهران", "The envoy in Tehran"]
    assert np.allclose(model.get_text_embedding_batch(texts), EMBEDDER.embed(texts))
    assert np.allclose(model.get_query_embedding(texts[0]), EMBEDDER.embed_query(texts[0]))
    assert np.allclose(asyncio.run(model.aget_query_embedding(texts[0])), EMBEDDER.embed_query(texts[0]))
    assert np.allclose(model.get_text_embedding(texts[1]), EMBEDDER.embed([texts[1]])[0])
    assert (model.model_name, model.class_name()) == (EMBEDDER.name, "SanadEmbedding")


def test_the_parser_gives_nodes_whose_offsets_hold() -> None:
    """Repeated lines keep their own places, neighbours are linked, metadata and the source document travel along."""
    documents = [Document(text=LINE * 60, metadata={"publisher": "ایسنا"}), Document(text=LINE, metadata={"publisher": "تاس"})]
    *nodes, other = PassageParser().get_nodes_from_documents(documents)
    assert len(nodes) > 1
    starts = []
    for node in nodes:
        assert isinstance(node, TextNode)
        assert documents[0].text[node.start_char_idx : node.end_char_idx] == node.text
        assert node.metadata == {"publisher": "ایسنا"}
        assert node.ref_doc_id == documents[0].doc_id
        starts.append(node.start_char_idx or 0)
    assert starts == sorted(set(starts))
    links = [(node.prev_node and node.prev_node.node_id, node.next_node and node.next_node.node_id) for node in [*nodes, other]]
    ids = [None, *(node.node_id for node in nodes), None]
    assert links == [*zip(ids, ids[2:], strict=False), (None, None)]
    assert NodeRelationship.SOURCE in other.relationships
    assert (other.metadata, PassageParser.class_name()) == ({"publisher": "تاس"}, "PassageParser")


def test_the_parser_refuses_what_is_no_article() -> None:
    """A document without text is named, with the reason."""
    with pytest.raises(ValueError, match="document:void: holds only white space"):
        PassageParser().get_nodes_from_documents([Document(id_="void", text=" ")])


def test_an_index_of_llama_index_is_made_of_our_parts() -> None:
    """Split by us and embedded by us, a document is found by a question in another language, with no key."""
    documents = [Document(id_="fa", text=LINE), Document(id_="en", text="Apples and pears were cheap in the spring.")]
    index = VectorStoreIndex.from_documents(documents, transformations=[PassageParser()], embed_model=SanadEmbedding(EMBEDDER))
    assert [node.node.ref_doc_id for node in index.as_retriever(similarity_top_k=1).retrieve("Who met Putin in Tehran?")] == ["fa"]


def test_the_module_brings_no_index_with_it() -> None:
    """Who wants the splitter or the embedding does not load Chroma or tantivy."""
    code = "import sys, assistant.llama_index; print([name for name in ('chromadb', 'tantivy', 'openai') if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=False)
    assert (done.stdout, done.returncode) == ("[]\n", 0), done.stderr
