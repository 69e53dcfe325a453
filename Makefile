# Short names for what one does here; `make` lists them.
.DEFAULT_GOAL := help
PYTHON ?= python3
BIN := .venv/bin
Q ?= نماینده ویژه پوتین در تهران با چه کسی دیدار کرد؟

.PHONY: help run ask ui test check crash soak eval gate audit bench pins screenshots

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 10

$(BIN)/sanad: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/pip install -q -c constraints.txt -e ".[dev]"
	@touch $@

run: $(BIN)/sanad ## take in the five bundled articles and answer a question from them
	$(BIN)/sanad ingest --seeds
	$(BIN)/sanad ask "$(Q)"

ask: $(BIN)/sanad ## answer a question: make ask Q="…"
	@$(BIN)/sanad ask "$(Q)"

ui: $(BIN)/sanad ## serve the page and open it in the browser
	@$(BIN)/sanad ui --open

test: $(BIN)/sanad ## run the tests
	$(BIN)/python -m pytest -q

check: ## all that must hold before a change lands, in fresh environments
	.ci/run

crash: $(BIN)/sanad ## kill it at every step and at random moments, and look at what is left (twenty minutes)
	$(BIN)/python tests/crash

soak: $(BIN)/sanad ## ask for twenty minutes while articles come and go, and check every answer
	$(BIN)/python -m evals soak

eval: $(BIN)/sanad ## answers to the gold questions, finding and quoting in our own passages and in those of SANAD_BENCH
	$(BIN)/python -m evals run
	$(BIN)/python -m evals retrieval
	$(BIN)/python -m evals quotes

gate: $(BIN)/sanad ## the same beside the committed baselines: ends with an error where something got worse
	$(BIN)/python -m evals gate
	SANAD_BENCH= $(BIN)/python -m evals retrieval --baseline evals/baselines/retrieval.json
	SANAD_BENCH= $(BIN)/python -m evals quotes --baseline evals/baselines/quotes.json
	$(BIN)/python -m evals mutations

bench: $(BIN)/sanad ## speed, memory and disk beside stock LlamaIndex and the bare parts (ten minutes), and what starting costs
	$(BIN)/python -m evals startup
	$(BIN)/python -m evals speed

audit: $(BIN)/sanad ## look up what is known against the pinned packages (3: nobody could be asked)
	$(BIN)/python scripts/audit.py

pins: ## make constraints.txt anew (needs the oldest and the newest Python, see .ci/pins)
	.ci/pins

screenshots: $(BIN)/sanad ## take the README's pictures of the page anew (needs Chromium)
	$(BIN)/python scripts/screenshots.py
