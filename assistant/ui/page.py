"""The page itself: where each part of it stands, and the events between the browser and the chat."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import gradio as gr

from assistant.errors import AssistantError
from assistant.pipeline import Assistant
from assistant.ui import collection
from assistant.ui.chat import Chat
from assistant.ui.history import Key
from assistant.ui.options import Options, is_loopback
from assistant.ui.telling import Frame

__all__ = ["HEAD", "THEME", "blocks"]

_STYLES = ("app.css", "chat.css", "panel.css", "collection.css", "reader.css")
_SCRIPTS = ("strings.js", "collection.js", "reader.js")
# Gradio puts these into the page one after the other, as they stand here, and before it draws anything.
HEAD = "".join(
    [
        *(f'<link rel="stylesheet" href="/app-assets/{name}">' for name in _STYLES),
        *(f'<script src="/app-assets/{name}"></script>' for name in _SCRIPTS),
        '<script type="module" src="/app-assets/app.js"></script>',
    ]
)
THEME = gr.themes.Base(font=["Vazirmatn", "system-ui", "sans-serif"], font_mono=["ui-monospace", "monospace"])

# A part of the page is an empty element that a script of ours fills, whether that script has been loaded by then or not.
_MOUNT = """
const part = { name: "%s", element, props, trigger, watch };
if (window.sanadMount) window.sanadMount(part); else (window.sanadParts ??= []).push(part);
"""
_EVENTS = '// it triggers "ask", "stop" and "restore"\n'


def blocks(assistant: Assistant, options: Options) -> gr.Blocks:
    """The page: a bar on top, the conversation with its sources, and the collection."""
    chat = Chat(assistant, key=Key.of(assistant.folder))
    page: gr.Blocks
    with gr.Blocks(analytics_enabled=False, title="Sanad", fill_width=True) as page:
        _part("top", '<header id="top"></header>')
        with gr.Column(elem_id="chat-view"):
            with gr.Column(elem_id="talk"):
                with gr.Column(elem_id="transcript"):
                    _part("welcome", '<section id="welcome"></section>')
                    bot = _chatbot()
                _part("composer", '<div id="composer"></div>')
            panel = _part("panel", '<aside id="panel"></aside>', script=_EVENTS)
        collection.panel()
        _events(chat, bot, panel, detailed=is_loopback(options.host) and not options.behind_proxy)
    return page


def _part(name: str, template: str, *, script: str = "") -> gr.HTML:
    """A place that a script fills. The template is constant: what Gradio finds in one, it runs."""
    return gr.HTML(
        html_template=template,
        js_on_load=script + _MOUNT % name,
        elem_id=f"{name}-view",
        apply_default_css=False,
        padding=False,
    )


def _chatbot() -> gr.Chatbot:
    return gr.Chatbot(
        elem_id="bot",
        show_label=False,
        label="Conversation",
        container=False,
        height=None,
        layout="panel",
        buttons=[],
        latex_delimiters=[],
        allow_tags=False,
        sanitize_html=True,
        autoscroll=False,
        feedback_options=None,
        group_consecutive_messages=False,
    )


def _events(chat: Chat, bot: gr.Chatbot, panel: gr.HTML, *, detailed: bool) -> None:
    """What the browser may ask for; none of it is offered to other programs, and all of it is checked."""

    async def ask(event: gr.EventData, request: gr.Request) -> AsyncIterator[tuple[Any, Any]]:
        async for frame in chat.ask(_session(request), event._data, detailed=detailed):
            yield _drawn(frame)

    def stop(event: gr.EventData, request: gr.Request) -> None:
        chat.stop(_session(request), getattr(event, "turn", None))

    def restore(event: gr.EventData) -> tuple[Any, Any]:
        try:
            return _drawn(chat.restore(event._data))
        except AssistantError:  # the browser keeps its turns, and the next question brings them along
            return gr.skip(), gr.skip()

    private: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden", "trigger_mode": "multiple"}
    asked = panel.ask(ask, None, [bot, panel], **private)
    asked.failure(None, None, None, js="() => window.sanadFailed?.()", api_visibility="private")
    panel.stop(stop, None, None, queue=False, **private)
    panel.restore(restore, None, [bot, panel], queue=False, **private)


def _session(request: gr.Request) -> str:
    return request.session_hash or ""


def _drawn(frame: Frame) -> tuple[Any, Any]:
    """A frame as Gradio sends it. The panel's half is a string, which Gradio leaves alone, without anything like HTML in it."""
    messages = gr.skip() if frame.messages is None else frame.messages
    return messages, json.dumps(frame.panel, ensure_ascii=False).replace("<", "\\u003c")
