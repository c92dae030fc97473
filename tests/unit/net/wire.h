// A network between a few nodes for tests: every latency is 1 ms unless said otherwise, and what
// arrives is a log of one line each: "3ms 0>1 a". Notices read "reset", "refused", "timeout",
// "open", with a "!" where they are for the initiator. That a request is sent makes no line, but
// stands in `sent`: "3ms 0>1".
#pragma once

#include <string>
#include <vector>

#include "net/network.h"

namespace ackident {

inline Instant at_ms(std::int64_t ms) { return Instant() + milliseconds(ms); }

class Wire {
 public:
  struct Text {
    char letter = 0;
    bool notice = false;
    bool sent = false;
    bool initiator = false;
    LinkEnd reason = LinkEnd::kReset;
    bool opened = false;
  };
  using Net = Network<Text>;

  static constexpr std::uint32_t kChannels = 2;
  static constexpr NodeId kClient = NodeId(0);
  static constexpr NodeId kBroker = NodeId(1);
  static constexpr NodeId kOther = NodeId(2);

  static TopologySpec spec(std::size_t nodes = 3) {
    TopologySpec s;
    s.racks = {"r"};
    s.rack_of.assign(nodes, 0);
    s.within_rack = {Distribution::Kind::kConstant, milliseconds(1), Duration()};
    return s;
  }

  // Attempts to connect all wait equally long.
  static constexpr ConnectionSetup kPlain{seconds(10), seconds(10)};

  explicit Wire(const TopologySpec& s = spec(), std::uint64_t seed = 1, bool reads_ahead = false,
                ConnectionSetup setup = kPlain)
      : topology_(s),
        chooser_(seed),
        net(topology_, queue_, chooser_, kChannels,
            std::vector<ConnectionSetup>(s.rack_of.size() * kChannels, setup),
            std::vector<SocketBuffers>(s.rack_of.size(), {1000, 500}),
            {&notice, &sent_notice, &opened_notice, &dropped, this}, reads_ahead) {
    start_all();
  }
  Wire(const Wire&) = delete;

  void start_all() {
    for (std::uint16_t i = 0; i < topology_.spec().rack_of.size(); ++i) {
      net.process_started(NodeId(i), now, EventId());
      if (i > 0) net.listen(NodeId(i));
    }
  }

  // A request without an answer, one that is owed an answer, and an answer to it.
  void tell(NodeId from, NodeId to, char letter, std::uint8_t channel = 0,
            std::uint32_t bytes = 0) {
    net.send(from, to, {channel, kind_of(letter), false, false, bytes}, {letter}, now, EventId());
  }
  void ask(NodeId from, NodeId to, char letter, std::uint8_t channel = 0) {
    net.send(from, to, {channel, kind_of(letter), false, true, 0}, {letter}, now, EventId());
  }
  void answer(NodeId from, NodeId to, char letter, std::uint8_t channel = 0) {
    net.send(from, to, {channel, kind_of(letter), true, false, 0}, {letter}, now, EventId());
  }
  static std::uint8_t kind_of(char letter) { return static_cast<std::uint8_t>(letter - 'a'); }

  // Runs until the given time; returns what arrived meanwhile.
  std::vector<std::string> until_ms(std::int64_t ms) {
    std::vector<std::string> lines;
    Net::Popped popped;
    while (queue_.pop(at_ms(ms), popped)) {
      now = popped.at;
      if (!net.arrive(popped, now)) continue;
      if (popped.message.message.sent) {
        sent.push_back(when(popped) + ends(popped.message.to, popped.message.from));
      } else {
        lines.push_back(line(popped));
      }
    }
    now = at_ms(ms);
    return lines;
  }
  // As until_ms, in nanoseconds and without names: the times of the arrivals at `node`.
  std::vector<std::int64_t> arrivals(NodeId node, std::int64_t ms) {
    std::vector<std::int64_t> times;
    Net::Popped popped;
    while (queue_.pop(at_ms(ms), popped)) {
      now = popped.at;
      if (!net.arrive(popped, now) || popped.message.message.sent) continue;
      if (popped.message.to == node) times.push_back(now.ns());
    }
    now = at_ms(ms);
    return times;
  }
  // Opens the connection client -> broker and lets its first message arrive, at 3 ms.
  void open() {
    tell(kClient, kBroker, 'o');
    (void)until_ms(10);
  }

  void reset() {
    lost.clear();
    sent.clear();
    now = Instant();
    queue_ = Net::Queue();
    net.reset();
    start_all();
  }

 private:
  Topology topology_;
  Net::Queue queue_;
  Chooser chooser_;

  static Text notice(std::uint8_t, LinkEnd reason, bool initiator) {
    return {0, true, false, initiator, reason};
  }
  static Text sent_notice() { return {0, true, true, true}; }
  static Text opened_notice() { return {0, true, false, true, LinkEnd::kReset, true}; }
  static void dropped(void* self, const Text& text) {
    static_cast<Wire*>(self)->lost += text.notice ? '.' : text.letter;
  }
  static std::string when(const Net::Popped& popped) {
    return std::to_string(popped.at.ns() / 1'000'000) + "ms ";
  }
  static std::string ends(NodeId from, NodeId to) {
    return std::to_string(from.value()) + ">" + std::to_string(to.value());
  }
  static std::string line(const Net::Popped& popped) {
    const Parcel<Text>& p = popped.message;
    std::string s = when(popped) + ends(p.from, p.to) + " ";
    if (!p.message.notice) return s + p.message.letter;
    static const char* const kNames[] = {"reset", "refused", "timeout"};
    s += p.message.opened ? "open" : kNames[static_cast<std::size_t>(p.message.reason)];
    return p.message.initiator ? s + "!" : s;
  }

 public:
  Net net;
  Instant now;
  std::vector<std::string> sent;
  std::string lost;  // letters of the messages that were dropped; "." for a notice
};

using Lines = std::vector<std::string>;

}  // namespace ackident
