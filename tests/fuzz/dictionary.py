#!/usr/bin/env python3
"""Prints libFuzzer's dictionary for scenario files: every name and constant of the schema.

usage: dictionary.py SCHEMA
"""
import json
import sys

WORDS = ["leader(orders/0)", "follower(orders/0)[1]", "isr(orders/0)", "replicas(orders/0)", "b1", "b2",
         "everyone", "clients", "brokers", "random-broker", "rack:a", "0s", "1ns", "10ms", "5s", "30d",
         "100/s", "1Gbit/s", "lognormal", "uniform", "exponential", "orders/0", "orders", "#1"]


def names(node):
    if isinstance(node, dict):
        for key, value in node.items():
            if key in ("properties", "$defs", "patternProperties") and isinstance(value, dict):
                yield from value
            yield from names(value)
        yield from (word for word in node.get("enum", []) if isinstance(word, str))
        if isinstance(node.get("const"), str):
            yield node["const"]
    elif isinstance(node, list):
        for value in node:
            yield from names(value)


with open(sys.argv[1], encoding="utf-8") as schema:
    words = sorted(set(names(json.load(schema))) | set(WORDS))
for word in words:
    if word.isascii() and len(word) <= 60:
        print(json.dumps(json.dumps(word)))
