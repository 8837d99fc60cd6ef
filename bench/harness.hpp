#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

/// What all benchmark programs here share: cases that stand in pairs, and a main that compares them.
namespace bench {

/// Does the work of a case so many times; holds all that it works on.
using Run = std::function<void(std::size_t times)>;

/// One measurement: the same work by the toolkit, and by hand. Each is made afresh before it is measured, by the
/// functions that are handed in. `packets`: how many packets one time handles; what is printed is for one packet.
/// `name` is part of no other's name up to its end.
void add(std::string name, std::size_t packets, std::function<Run()> ours, std::function<Run()> baseline);

/// A `Run` out of an object that has `void run()`. `run` is inlined into the loop.
template <class Work, class... Args>
std::function<Run()> repeat(Args... args) {
  return [=] {
    auto work = std::make_shared<Work>(args...);
    return Run([work](std::size_t times) {
      Work& each = *work;
      for (std::size_t i = 0; i < times; ++i) each.run();
    });
  };
}

/// Keeps the compiler from leaving out what makes `value`, and from knowing what it is afterwards.
template <class T>
inline void keep(T& value) {
  asm volatile("" : "+m"(value) : : "memory");
}

/// Options of a program here:
///
///     --check LIMIT    exit status 1 if a ratio is more than LIMIT times the bar (1.25)
///     --brief          as short as is good enough for a check
///     --json FILE      the table, for programs
///     --only REGEX     these cases only
///     --count N        no measurement: does each case N times, with a mark for callgrind (see instructions.sh)
///     --benchmark_...  those of Google Benchmark
int main(int argc, char** argv);

}  // namespace bench
