.PHONY: up test check bench proof assets
up test check bench proof assets:
	python3 make.py $@
