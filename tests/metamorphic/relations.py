"""Changes of a scenario that may not change its run, each with one beside it that must.

same(scenario, draw) gives the scenario said in other words, or None if it has nothing to say so;
other(scenario, draw) breaks what `same` gave, to see that the digest would notice.
"""
import re
from dataclasses import dataclass
from typing import Callable

from scenarios import UNITS, nanoseconds

RELATIONS = []
VERSIONS = ("0.10 0.11 1.0 1.1 2.0 2.1 2.2 2.3 2.4 2.5 2.6 2.7 2.8 3.0 3.1 3.2 3.3 3.4 3.5 3.6 3.7 "
            "3.8 3.9 4.0 4.1").split()
NEIGHBOURS = [["3.3", "3.4"]]
TOPIC_KEYS = {"min.insync.replicas": "min.insync.replicas",
              "unclean.leader.election.enable": "unclean.leader.election.enable",
              "message.max.bytes": "max.message.bytes",
              "log.flush.interval.messages": "flush.messages"}
ENDS = ("from", "to", "target")
OF_NODES = ("kill", "shutdown", "start", "freeze", "resume", "power_loss", "disk_wipe")
SAID_BY_IDEMPOTENCE = ("acks", "retries", "max.in.flight.requests.per.connection")
kafka = {}  # by version: keys with default and places, and switches; the test fills it in


@dataclass
class Relation:
    name: str
    same: Callable
    other: Callable


def relation(name, other):
    def add(same):
        RELATIONS.append(Relation(name, same, other))
        return same
    return add


def version(scenario):
    return str(scenario.get("kafka", "3.9"))


def clients(scenario):
    return scenario.get("producers", []) + scenario.get("consumers", [])


def rebuilt(value, change, key="", config=False):
    """The value with each of its leaves changed; leaves know their key, and whether it is Kafka's."""
    if isinstance(value, dict):
        return {name: rebuilt(inner, change, name, config or key == "config")
                for name, inner in value.items()}
    if isinstance(value, list):
        return [rebuilt(inner, change, key, config) for inner in value]
    return change(value, key, config or key == "config")


def is_time(value, config):
    return not config and isinstance(value, str) and re.fullmatch(
        r"[\d.]+(ns|us|ms|s|m|h|d)", value) is not None


# ---- broken on purpose ----

def longer(scenario, _):
    return {**scenario, "duration": f"{nanoseconds(scenario.get('duration', '60s')) + 1}ns"}


def topics_turned(scenario, _):
    return {**scenario, "topics": dict(reversed(scenario["topics"].items()))}


def without_faults(scenario, _):
    return {**scenario, "faults": []}


def later_start(scenario, _):
    scenario["cluster"]["startup_time"] = "2001ms"
    return scenario


def other_linger(scenario, _):
    scenario["cluster"]["config"]["controller.quorum.append.linger.ms"] = 26
    return scenario


def one_more_in_sync(scenario, _):
    for topic in scenario["topics"].values():
        config = topic.get("config", {})
        if "min.insync.replicas" in config:
            config["min.insync.replicas"] = int(config["min.insync.replicas"]) + 1
    return scenario


def replicas_turned(scenario, _):
    for topic in scenario["topics"].values():
        if "replicas" in topic:
            topic["replicas"] = [replicas[::-1] for replicas in topic["replicas"]]
    return scenario


def one_broker_slower(scenario, _):
    scenario["cluster"]["brokers"][0].setdefault("config", {})["broker.heartbeat.interval.ms"] = 400
    return scenario


def own_switches(scenario, _):
    return {key: value for key, value in scenario.items() if key != "behaviour"}


def oldest(scenario, _):
    scenario["kafka"] = "0.11" if version(scenario) != "2.5" else "3.0"
    return scenario


def twice_as_often(scenario, _):
    for producer in scenario.get("producers", []):
        if "every" in producer:
            producer["every"] = f"{nanoseconds(producer['every']) // 2}ns"
    return scenario


def first_alone(scenario, _):
    for consumer in scenario.get("consumers", []):
        consumer["partitions"] = consumer.get("partitions", [])[:1]
    return scenario


# ---- the same in other words ----

@relation("keys in another order", topics_turned)
def shuffled(scenario, draw, path=()):
    # But topics: their order numbers the partitions.
    if isinstance(scenario, list):
        return [shuffled(value, draw, (*path, "")) for value in scenario]
    if not isinstance(scenario, dict):
        return scenario
    keys = list(scenario)
    if path != ("topics",):
        draw.shuffle(keys)
    return {key: shuffled(scenario[key], draw, (*path, key)) for key in keys}


@relation("times in other units, numbers as text", longer)
def respelled(scenario, draw):
    def spell(value, key, config):
        if is_time(value, config) and key not in ("doc", "note"):
            time = nanoseconds(value)
            return draw.choice([f"{time // UNITS[unit]}{unit}" for unit in UNITS
                                if time % UNITS[unit] == 0])
        if config and isinstance(value, bool):
            return str(value).lower()
        return str(value) if config and isinstance(value, int) else value
    return rebuilt(scenario, spell)


@relation("expectations, notes and cases", without_faults)
def said_otherwise(scenario, _):
    topic = next(iter(scenario["topics"]))
    for fault in scenario.get("faults", []):
        fault["note"] = "another"
    states = [{"at": "1s", "leader_epoch": 7},
              {"at": "2s", "within": "1s", "holds": "always", "high_watermark": 5}]
    return {**scenario, "doc": "Another.", "cases": ["A01"],
            "expect": {"lost": 1, "latency": {"p99": "1s"}, "invariants": True,
                       "partitions": {f"{topic}/0": states},
                       "facts": {"Appended": {"min": 0, "at": "1s", "within": "2s"}}}}


@relation("the format's defaults written out", later_start)
def defaults_of_the_format(scenario, _):
    for key, value in (("kafka", "3.9"), ("seed", 1), ("duration", "60s"), ("settle", True),
                       ("events_max", 2_000_000_000), ("shuffle_ties", False), ("producers", []),
                       ("consumers", []), ("faults", [])):
        scenario.setdefault(key, value)
    scenario["cluster"].setdefault("startup_time", "2s")
    scenario["cluster"].setdefault("recovery_time", "0s")
    network = scenario["cluster"].setdefault("network", {})
    network.setdefault("within_rack", "250us")
    network.setdefault("between_racks", "500us")
    for topic in scenario["topics"].values():
        if "replicas" not in topic:
            for key, value in (("partitions", 1), ("replication_factor", 1), ("placement", "fixed")):
                topic.setdefault(key, value)
    for producer in scenario["producers"]:
        if "every" not in producer:
            producer.setdefault("rate", "100/s")
        for key, value in (("start", "0s"), ("burst", 1), ("arrivals", "fixed"), ("keys", 0),
                           ("record_size", 100)):
            producer.setdefault(key, value)
    return scenario


def give(scenario, key, value, place):
    """A default where the key is not given. Not what says more by being said: enable.idempotence
    beside what it contradicts, delivery.timeout.ms below linger.ms + request.timeout.ms (C1.29),
    and reconnect.backoff.ms without its maximum (C0.3), which is given with it here."""
    cluster = scenario["cluster"].setdefault("config", {})
    if place == "cluster":
        cluster.setdefault(key, value)
    elif place == "controller" and key not in cluster:
        scenario["cluster"].setdefault("controller", {}).setdefault("config", {}).setdefault(key,
                                                                                            value)
    elif place == "topic" and next((c for c, t in TOPIC_KEYS.items() if t == key)) not in cluster:
        for topic in scenario["topics"].values():
            topic.setdefault("config", {}).setdefault(key, value)
    elif place in ("producer", "consumer"):
        for client in scenario.get(place + "s", []):
            config = client.setdefault("config", {})
            asked = str(config.get("enable.idempotence", "")).lower() == "true"
            late = int(config.get("request.timeout.ms", 0)) + int(config.get("linger.ms", 5))
            if not (key == "enable.idempotence" or (asked and key in SAID_BY_IDEMPOTENCE) or
                    (key == "delivery.timeout.ms" and late > 120_000)):
                config.setdefault(key, value)


@relation("the version's defaults written out", other_linger)
def defaults_of_kafka(scenario, _):
    for key, value, places in kafka[version(scenario)][0]:
        for place in places:
            give(scenario, key, value, place)
    return scenario


@relation("another version with this one's switches and defaults", own_switches)
def under_another_name(scenario, draw):
    keys, switches = kafka[version(scenario)]
    name = draw.choice([other for other in VERSIONS if other != version(scenario)])
    here, there = ({key: value for key, value, _ in kafka[v][0]} for v in (version(scenario), name))
    given = set(scenario["cluster"].get("config", {}))
    for place in clients(scenario) + list(scenario["topics"].values()):
        given |= set(place.get("config", {}))
    # A key that only one of them has can be written out for neither.
    older = [key for key in ("partitioner.adaptive.partitioning.enable", "enable.idempotence",
                             "zookeeper.session.timeout.ms", "reconnect.backoff.max.ms")
             if (key in here) != (key in there)]
    # And in 0.11 idempotence itself says how many requests are in flight (C2.1).
    if older or given & (set(here) - set(there)) or "0.11" in (name, version(scenario)):
        return None
    for key, value, places in keys:
        for place in places if key in there else []:
            give(scenario, key, value, place)
    for producer in scenario.get("producers", []):
        config = producer.setdefault("config", {})
        fits = (str(config.get("acks", here["acks"])) in ("all", "-1") and
                str(config.get("retries", 1)) != "0" and
                int(config.get("max.in.flight.requests.per.connection", 5)) <= 5)
        config.setdefault("enable.idempotence", here["enable.idempotence"] == "true" and fits)
    scenario["behaviour"] = {**switches, "elr_available": False, **scenario.get("behaviour", {})}
    scenario["kafka"] = name
    return scenario


@relation("a version with the same switches and defaults", oldest)
def neighbour(scenario, draw):
    for versions in NEIGHBOURS:
        if version(scenario) in versions:
            scenario["kafka"] = draw.choice([v for v in versions if v != version(scenario)])
            return scenario
    return None


@relation("the cluster's topic defaults in each topic", one_more_in_sync)
def in_each_topic(scenario, _):
    config = scenario["cluster"].get("config", {})
    moved = {TOPIC_KEYS[key]: config.pop(key) for key in TOPIC_KEYS if key in config}
    for topic in scenario["topics"].values():
        topic["config"] = {**moved, **topic.get("config", {})}
    return scenario if moved else None


def listed_brokers(scenario):
    brokers, racks = scenario["cluster"]["brokers"], scenario["cluster"].pop("racks", [])
    if isinstance(brokers, int):
        racks = [racks] if isinstance(racks, str) else racks
        scenario["cluster"]["brokers"] = [
            {"id": i + 1, **({"rack": racks[i % len(racks)]} if racks else {})}
            for i in range(brokers)]
    return scenario["cluster"]["brokers"]


@relation("the cluster's broker keys at each broker", one_broker_slower)
def in_each_broker(scenario, _):
    config = scenario["cluster"].get("config", {})
    for key, _, places in kafka[version(scenario)][0]:
        if key not in config or not {"broker", "controller"} & set(places):
            continue
        value = config.pop(key)
        if "broker" in places:
            for broker in listed_brokers(scenario):
                broker.setdefault("config", {}).setdefault(key, value)
        if "controller" in places:
            controller = scenario["cluster"].setdefault("controller", {})
            controller.setdefault("config", {}).setdefault(key, value)
    listed_brokers(scenario)
    return scenario


@relation("an interval for a rate", twice_as_often)
def intervals(scenario, _):
    changed = False
    for producer in scenario.get("producers", []):
        rate = re.fullmatch(r"(\d+)/s", producer.get("rate", "100/s"))
        gap = producer.get("burst", 1) * 10**9  # a rate is of records, an interval of bursts
        if "every" not in producer and rate and gap % int(rate[1]) == 0:
            producer.pop("rate", None)
            producer["every"] = f"{gap // int(rate[1])}ns"
            changed = True
    return scenario if changed else None


@relation("a lone consumer's partitions one by one", first_alone)
def partitions_listed(scenario, _):
    groups = [consumer["group"] for consumer in scenario.get("consumers", [])]
    lone = [consumer for consumer in scenario.get("consumers", [])
            if groups.count(consumer["group"]) == 1 and not {"copies", "partitions"} & set(consumer)]
    for consumer in lone:
        topics = [consumer.pop("topic")] if "topic" in consumer else consumer.pop("topics")
        consumer["partitions"] = [
            f"{name}/{i}" for name in topics for i in range(
                len(scenario["topics"][name].get("replicas", [])) or
                scenario["topics"][name].get("partitions", 1))]
    return scenario if lone and len(lone) == len(groups) else None


@relation("brokers by id or by name, selectors in lists", without_faults)
def selectors_listed(scenario, draw):
    def spell(selector):
        if isinstance(selector, list):
            return [spell(each)[0] for each in selector]
        number = re.fullmatch(r"b?(\d+)", str(selector))
        return [draw.choice([int(number[1]), f"b{number[1]}"]) if number else selector]
    for fault in scenario.get("faults", []):
        for action, ends in fault.items():
            if action in OF_NODES:
                fault[action] = spell(ends)
            elif isinstance(ends, dict) and action not in ("on", "chance"):
                fault[action] = {key: spell(value) if key in ENDS else value
                                 for key, value in ends.items()}
    return scenario if scenario.get("faults") else None


@relation("other names", without_faults)
def renamed(scenario, _):
    """Topics, groups and clients. Words of a selector or a fact are looked up one by one."""
    named = [client for client in clients(scenario) if "name" in client]
    if len(named) < len(clients(scenario)) or any("copies" in client for client in named):
        return None
    names = {client["name"]: f"client{i}" for i, client in enumerate(named)}
    names.update({topic: f"topic{i}" for i, topic in enumerate(scenario["topics"])})
    def spell(value, key, _):
        if key == "group":
            return f"group-of-{value}"
        if not isinstance(value, str) or key in ("doc", "note", "fact", "message", "rack", "kind"):
            return value
        return re.sub(r"(rack:)?[\w.-]+", lambda word: names.get(word[0], word[0]), value)
    for part in ("producers", "consumers", "faults"):
        scenario[part] = rebuilt(scenario.get(part, []), lambda value, key, config:
                                 value if config else spell(value, key, config))
    scenario["topics"] = {names[topic]: value for topic, value in scenario["topics"].items()}
    return {**scenario, "expect": {}}
