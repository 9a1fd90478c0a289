"""The rules of cards and pull signals as worked examples, run against any central over HTTP. Knows no ekanban code."""
