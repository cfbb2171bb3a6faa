.DEFAULT_GOAL := help
.PHONY: help demo test check chaos bench

help: ## Say what there is
	@grep -hE '^[a-z-]+: ## ' $(MAKEFILE_LIST) | sed 's/: ## /\t/' | expand -t 8

demo: ## Run a populated Chorus on http://127.0.0.1:8000 (PORT=8000 BOTS=2)
	@scripts/demo

test: ## Run every test, on real Redis, PostgreSQL and Chromium
	@scripts/test

check: ## Lint, types, import rules, settings, migrations, static files
	@scripts/check

chaos: ## Break real servers under load and prove that nothing is lost (MINUTES=0 SEED= SCENARIOS=)
	@scripts/chaos

bench: ## Measure Chorus beside other servers and write benchmarks/results (QUICK=1, ROUNDS=3 ONLY= SYSTEMS=)
	@scripts/bench
