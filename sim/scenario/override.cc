#include "scenario/override.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "kafka/config_table.h"
#include "scenario/json_source.h"

namespace ackident {
namespace {

// The path with its segments, and how many of them are spent.
struct Path {
  std::vector<std::string> segments;
  std::size_t next = 0;
  bool dotted = false;

  [[nodiscard]] bool done() const { return next == segments.size(); }
  // Segments [next, next + count), joined by dots.
  [[nodiscard]] std::string joined(std::size_t count) const {
    std::string out = segments[next];
    for (std::size_t i = 1; i < count; ++i) out += "." + segments[next + i];
    return out;
  }
};

std::string unescape_pointer_token(std::string_view token) {
  std::string out;
  for (std::size_t i = 0; i < token.size(); ++i) {
    const bool escape = token[i] == '~' && i + 1 < token.size();
    if (escape && token[i + 1] == '1') {
      out += '/';
      ++i;
    } else if (escape && token[i + 1] == '0') {
      out += '~';
      ++i;
    } else {
      out += token[i];
    }
  }
  return out;
}

Path parse_path(std::string_view text) {
  Path path;
  path.dotted = !text.starts_with('/');
  const char separator = path.dotted ? '.' : '/';
  if (!path.dotted) text.remove_prefix(1);
  for (;;) {
    const std::size_t end = text.find(separator);
    const std::string_view token = text.substr(0, end);
    path.segments.push_back(path.dotted ? std::string(token) : unescape_pointer_token(token));
    if (end == std::string_view::npos) return path;
    text.remove_prefix(end + 1);
  }
}

// Where a key of Kafka belongs in a scenario; any other text is a path itself.
std::string path_of(const std::string& text) {
  constexpr std::pair<ConfigScope, std::string_view> kPlaces[] = {
      {ConfigScope::kTopic, "topics.*.config."},
      {ConfigScope::kProducer, "producers.*.config."},
      {ConfigScope::kCluster, "cluster.config."},
      {ConfigScope::kConsumer, "consumers.*.config."}};
  if (text == "replication.factor") return "topics.*.replication_factor";
  for (const auto& [scope, place] : kPlaces) {
    if (find_config_key(text, scope) != nullptr) return std::string(place) + text;
  }
  return text;
}

// How the elements of a list are called, in order; empty: by their index alone.
std::vector<std::string> names_in(const JsonNode& list) {
  std::vector<std::string> names;
  for (const JsonNode& child : list.children) {
    const JsonNode* name = child.find("name");
    const bool producers = list.key == "producers";
    if (name == nullptr && !producers) name = child.find("group");
    if (name != nullptr) {
      names.push_back(name->text);
    } else {
      names.push_back(producers ? "p" + std::to_string(names.size() + 1) : std::string());
    }
  }
  return names;
}

class Override {
 public:
  Override(const std::string& text, Diagnostics& problems)
      : text_(text), problems_(problems), source_(problems.add_source("--set", text)) {}

  void apply(JsonNode& root) {
    root_ = &root;
    const std::size_t equals = text_.find('=');
    if (equals == std::string::npos || equals == 0) {
      return fail(0, "an override is PATH=VALUE, such as producers.0.config.acks=1");
    }
    path_ = parse_path(path_of(text_.substr(0, equals)));
    value_begin_ = equals + 1;
    descend(root);
  }

 private:
  void fail(std::size_t offset, std::string message) {
    problems_.error_at(source_, offset, "", std::move(message));
  }

  void descend(JsonNode& from) {
    JsonNode* at = &from;
    while (!path_.done() && at != nullptr) {
      if (path_.segments[path_.next] == "*") return descend_into_all(*at);
      at = at->is_array() ? element(*at) : member(*at);
    }
    if (at != nullptr) set(*at, value_begin_);
  }

  void descend_into_all(JsonNode& parent) {
    if (parent.children.empty()) return fail(0, "* stands for nothing: there is none");
    const std::size_t next = path_.next + 1;
    for (JsonNode& child : parent.children) {
      path_.next = next;
      descend(child);
    }
  }

  JsonNode* element(JsonNode& list) {
    const std::string& segment = path_.segments[path_.next++];
    std::size_t index = 0;
    const auto [end, error] =
        std::from_chars(segment.data(), segment.data() + segment.size(), index);
    const bool number = error == std::errc() && end == segment.data() + segment.size();
    if (number && index < list.children.size()) return &list.children[index];
    const std::vector<std::string> names = names_in(list);
    const auto named = std::find(names.begin(), names.end(), segment);
    if (named != names.end())
      return &list.children[static_cast<std::size_t>(named - names.begin())];
    fail(0, "there is no \"" + segment + "\" in \"" + list.key + "\"" + elements(segment, names));
    return nullptr;
  }

  // A key of Kafka that is misspelt or not modelled: then that is what to say.
  bool looks_like_kafka(const std::string& key) {
    if (is_unmodelled_config(key)) {
      fail(0, "Kafka has the key \"" + key + "\", ackident does not model it");
      return true;
    }
    std::vector<std::string_view> names = {"replication.factor"};
    for (const ConfigKey& known : config_keys()) names.push_back(known.name);
    const std::string meant = did_you_mean(key, names);
    if (!meant.empty()) fail(0, "Kafka has no key \"" + key + "\"" + meant);
    return !meant.empty();
  }

  // What could have been meant.
  static std::string elements(const std::string& segment, const std::vector<std::string>& names) {
    if (names.empty()) return ", which is empty";
    std::vector<std::string_view> views;
    for (const std::string& name : names) {
      if (!name.empty()) views.emplace_back(name);
    }
    const std::string range =
        names.size() == 1 ? "index 0" : "indexes 0 to " + std::to_string(names.size() - 1);
    if (views.empty()) return "; it has " + range;
    const std::string meant = did_you_mean(segment, views);
    return meant.empty() ? "; it has " + list_names(views) + " (" + range + ")" : meant;
  }

  JsonNode* member(JsonNode& object) {
    if (!object.is_object()) {
      // A list of one may be written as its element, a scalar has no members.
      fail(0, "\"" + path_.segments[path_.next] + "\" is looked for in " +
                  std::string(json_kind_name(object.kind)));
      return nullptr;
    }
    const std::size_t rest = path_.segments.size() - path_.next;
    // Keys may hold dots themselves: the longest key that is there is meant.
    for (std::size_t count = path_.dotted ? rest : 1; count >= 1; --count) {
      const std::string name = path_.joined(count);
      const auto found = std::find_if(object.children.begin(), object.children.end(),
                                      [&](const JsonNode& child) { return child.key == name; });
      if (found == object.children.end()) continue;
      path_.next += count;
      return &*found;
    }
    if (&object == root_ && looks_like_kafka(path_.joined(rest))) return nullptr;
    if (object.key == "topics" && rest > 1) {
      std::vector<std::string_view> names;
      for (const JsonNode& topic : object.children) names.emplace_back(topic.key);
      const std::string meant = did_you_mean(path_.segments[path_.next], names);
      fail(0, "there is no topic \"" + path_.segments[path_.next] + "\"" +
                  (meant.empty() ? "; there are: " + list_names(names) : meant));
      return nullptr;
    }
    // A new member. Below "config" stand Kafka's keys: what is left of the path is one of them.
    const std::size_t count = path_.dotted && object.key == "config" ? rest : 1;
    JsonNode created;
    created.kind = JsonKind::kObject;
    created.source = source_;
    created.key = path_.joined(count);
    path_.next += count;
    object.children.push_back(std::move(created));
    return &object.children.back();
  }

  // A number or word for a member that was a string stays a string: --set kafka=4.0, acks=1.
  void set(JsonNode& node, std::size_t value_begin) {
    const std::string value = text_.substr(value_begin);
    const bool was_string = node.is_string();
    JsonNode read;
    Diagnostics quiet("--set", value);
    if (!parse_json(0, quiet, read) || !quiet.ok() ||
        (was_string && read.kind == JsonKind::kNumber)) {
      read = JsonNode();
      read.kind = JsonKind::kString;
      read.text = value;
    }
    read.key = node.key;
    place(read, value_begin);
    node = std::move(read);
  }

  void place(JsonNode& node, std::size_t value_begin) {
    node.source = source_;
    node.offset += static_cast<std::uint32_t>(value_begin);
    node.key_offset += static_cast<std::uint32_t>(value_begin);
    for (JsonNode& child : node.children) place(child, value_begin);
  }

  std::string text_;
  Diagnostics& problems_;
  std::uint16_t source_;
  Path path_;
  std::size_t value_begin_ = 0;
  const JsonNode* root_ = nullptr;
};

}  // namespace

void apply_override(const std::string& override_text, Diagnostics& problems, JsonNode& root) {
  Override(override_text, problems).apply(root);
}

}  // namespace ackident
