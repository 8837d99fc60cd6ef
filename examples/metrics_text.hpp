#pragma once

// Metrics as Prometheus reads them.

#include <algorithm>
#include <array>
#include <charconv>
#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace program {

/// Counts values by size. Buckets do not overlap; each has an upper bound, and the last one has none.
class Histogram {
 public:
  explicit Histogram(std::initializer_list<double> bounds) : bounds_(bounds), counts_(bounds.size() + 1) {}

  void observe(double value) {
    ++counts_[static_cast<std::size_t>(std::lower_bound(bounds_.begin(), bounds_.end(), value) -
                                       bounds_.begin())];
    sum_ += value;
  }
  const std::vector<double>& bounds() const noexcept { return bounds_; }
  const std::vector<std::uint64_t>& counts() const noexcept { return counts_; }
  double sum() const noexcept { return sum_; }

 private:
  std::vector<double> bounds_;
  std::vector<std::uint64_t> counts_;
  double sum_ = 0;
};

enum class MetricsFormat : std::uint8_t {
  prometheus,   ///< its text format, version 0.0.4
  openmetrics,  ///< OpenMetrics 1.0.0
};

/// Writes metrics, one family after the other: first its name, type and meaning, then its samples.
class MetricsText {
 public:
  using Label = std::pair<std::string_view, std::string_view>;
  using Labels = std::initializer_list<Label>;

  explicit MetricsText(MetricsFormat format) : format_(format) {}

  /// `name` has no `_total`.
  void counter(const std::string& name, std::string_view help, auto value) {
    begin_counter(name, help);
    sample(value);
  }
  void gauge(const std::string& name, std::string_view help, auto value) {
    begin_gauge(name, help);
    sample(value);
  }
  /// A gauge that is 1 and says something in its labels; `name` has no `_info`.
  void info(const std::string& name, std::string_view help, Labels labels) {
    begin_info(name, help);
    sample(1U, labels);
  }
  void histogram(const std::string& name, std::string_view help, const Histogram& values) {
    begin(name, "histogram", help, name);
    std::uint64_t count = 0;
    for (std::size_t at = 0; at < values.counts().size(); ++at) {
      count += values.counts()[at];
      const bool last = at == values.bounds().size();
      std::string bound = last ? "+Inf" : number(values.bounds()[at]);
      if (!last && bound.find_first_of(".e") == bound.npos) bound += ".0";  // as OpenMetrics has it
      sample_of("_bucket", count, {{"le", bound}});
    }
    sample_of("_sum", values.sum(), {});
    sample_of("_count", count, {});
  }

  // Families with several samples.
  void begin_counter(const std::string& name, std::string_view help) {
    begin(format_ == MetricsFormat::openmetrics ? name : name + "_total", "counter", help, name + "_total");
  }
  void begin_gauge(const std::string& name, std::string_view help) { begin(name, "gauge", help, name); }
  void begin_info(const std::string& name, std::string_view help) {
    const bool open = format_ == MetricsFormat::openmetrics;
    begin(open ? name : name + "_info", open ? "info" : "gauge", help, name + "_info");
  }
  void sample(auto value, Labels labels = {}) { sample_of("", value, labels); }

  /// All of it. Nothing can be added afterwards.
  std::string finish() {
    if (format_ == MetricsFormat::openmetrics) text_ += "# EOF\n";
    return std::move(text_);
  }

 private:
  void begin(const std::string& family, std::string_view type, std::string_view help, std::string sample) {
    sample_ = std::move(sample);
    text_.append("# HELP ").append(family).append(" ");
    escape(help, format_ == MetricsFormat::openmetrics);
    text_.append("\n# TYPE ").append(family).append(" ").append(type).append("\n");
  }
  void sample_of(std::string_view suffix, auto value, Labels labels) {
    text_.append(sample_).append(suffix);
    const char* separator = "{";
    for (const auto& [name, text] : labels) {
      text_.append(separator).append(name).append("=\"");
      escape(text, true);
      text_ += '"';
      separator = ",";
    }
    if (labels.size() != 0) text_ += '}';
    text_.append(" ").append(number(value)).append("\n");
  }
  void escape(std::string_view text, bool quotes) {
    for (const char each : text) {
      if (each == '\n') {
        text_ += "\\n";
        continue;
      }
      if (each == '\\' || (quotes && each == '"')) text_ += '\\';
      text_ += each;
    }
  }
  static std::string number(std::unsigned_integral auto value) { return std::to_string(value); }
  static std::string number(double value) {
    std::array<char, 32> text{};
    return {text.data(), std::to_chars(text.data(), text.data() + text.size(), value).ptr};
  }

  MetricsFormat format_;
  std::string sample_;
  std::string text_;
};

}  // namespace program
