# Short names for what one does here; `make` lists them.
.DEFAULT_GOAL := help
PYTHON ?= python3
BIN := .venv/bin
Q ?= نماینده ویژه پوتین در تهران با چه کسی دیدار کرد؟

.PHONY: help run ask ui test check eval bench pins

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

eval: $(BIN)/sanad ## retrieval and quotes on the outside sets (SANAD_BENCH names their folder)
	$(BIN)/python -m evals retrieval
	$(BIN)/python -m evals quotes

bench: $(BIN)/sanad ## what starting costs, beside loading Chroma alone
	$(BIN)/python -m evals startup

pins: ## make constraints.txt anew (needs the oldest and the newest Python, see .ci/pins)
	.ci/pins
