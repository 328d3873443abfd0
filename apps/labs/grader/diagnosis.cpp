#include "diagnosis.h"

#include "fit.h"
#include "parallel.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

namespace lab {

namespace {

using Mistakes = std::vector<const Mistake*>;

/// A case with one seed, run by the student and by the reference.
struct Sample {
  const CaseName* name;
  std::uint64_t seed;
  CaseRun student;
  CaseRun expected;
};

class Search {
 public:
  Search(Workshop& workshop, const Symptoms& symptoms)
      : workshop_(workshop), symptoms_(symptoms), start_(seconds_of_computing()) {
    for (const CaseVerdict* verdict : symptoms.cases) {
      if (verdict->failed()) {
        failing_.push_back({&verdict->name, verdict->seed, verdict->student, verdict->expected});
      } else if (verdict->passed) {
        passing_.push_back(verdict);
      }
    }
    // Cases that end are tried first: they are run without sanitizers.
    std::stable_partition(failing_.begin(), failing_.end(), ends);
    for (const Mistake& mistake : symptoms.lab.mistakes) {
      (mistake.task == symptoms.task ? own_ : others_).push_back(&mistake);
    }
  }

  Diagnosis find() {
    if (failing_.empty()) return {};
    if (const Diagnosis d = single(own_); d.known()) return d;
    if (const Diagnosis d = single(others_); d.known()) return d;
    if (const Diagnosis d = scaled(); d.known()) return d;
    if (const Diagnosis d = combined(Diagnosis::Kind::sum, sum); d.known()) return d;
    if (const Diagnosis d = combined(Diagnosis::Kind::product, product); d.known()) return d;
    if (const Diagnosis d = slip(); d.known()) return d;
    return pair();
  }

 private:
  std::optional<CaseRun> run(const Mistakes& mistakes, const Sample& sample, Flags flags = Flags::sanitized,
                             bool alone = false) {
    if (!in_time() && !workshop_.compiler().is_compiled(symptoms_.lab, mistakes, flags)) return std::nullopt;
    return workshop_.reference_run(symptoms_.lab, mistakes, *sample.name, sample.seed, flags, alone);
  }

  static bool ends(const Sample& sample) {
    return sample.student.end == End::complete || sample.student.end == End::exception;
  }

  /// For versions of which there are many. Only a run under the sanitizers crashes as the student's does.
  static Flags cheapest_flags(const Sample& sample) { return ends(sample) ? Flags::numbers : Flags::sanitized; }

  void compile(const std::vector<Mistakes>& candidates, Flags flags) {
    workshop_.compiler().compile_together(symptoms_.lab, candidates, flags, [this] { return in_time(); });
  }

  bool in_time() const { return seconds_of_computing() - start_ < symptoms_.budget; }

  /// The failing cases on other inputs, made when first needed.
  const std::vector<Sample>& second_samples() {
    if (second_.empty()) {
      second_ = failing_;
      in_parallel(second_.size(), [&](std::size_t i) {
        Sample& sample = second_[i];
        sample.seed += second_seed;
        sample.student = symptoms_.rerun(*sample.name, sample.seed);
        sample.expected = *workshop_.reference_run(symptoms_.lab, {}, *sample.name, sample.seed);
      });
    }
    return second_;
  }

  /// Those of the candidates that `fits` on all failing cases, on both inputs, with their evidence.
  template <class Fits>
  std::vector<std::pair<Mistakes, Evidence>> fitting(const std::vector<Mistakes>& candidates, const Fits& fits) {
    std::vector<std::optional<Evidence>> first(candidates.size());
    in_parallel(candidates.size(), [&](std::size_t i) { first[i] = fits(candidates[i], failing_.front()); });
    std::vector<std::pair<Mistakes, Evidence>> found;
    for (std::size_t i = 0; i < candidates.size(); ++i) {
      if (!first[i]) continue;
      Evidence evidence = *first[i];
      const auto all = [&](const std::vector<Sample>& samples, std::size_t from) {
        for (std::size_t n = from; n < samples.size(); ++n) {
          const std::optional<Evidence> part = fits(candidates[i], samples[n]);
          if (!part) return false;
          evidence += *part;
        }
        return true;
      };
      if (all(failing_, 1) && all(second_samples(), 0)) found.emplace_back(candidates[i], evidence);
    }
    return found;
  }

  /// What passes with the student's code passes with the mistake too.
  bool passes(const Mistakes& mistakes, Flags flags = Flags::sanitized) {
    return std::all_of(passing_.begin(), passing_.end(), [&](const CaseVerdict* verdict) {
      const std::optional<CaseRun> run =
          workshop_.reference_run(symptoms_.lab, mistakes, verdict->name, verdict->seed, flags);
      return run && judge(verdict->name, verdict->seed, *run, verdict->expected).passed;
    });
  }

  static std::vector<Mistakes> singles(const Mistakes& mistakes) {
    std::vector<Mistakes> list;
    for (const Mistake* mistake : mistakes) list.push_back({mistake});
    return list;
  }

  /// Those of the candidates that report what the student's file does, with enough evidence, and pass where it does. Of
  /// many, each run is as cheap as can be.
  template <class Enough>
  std::vector<std::pair<Mistakes, Evidence>> equal(const std::vector<Mistakes>& candidates, bool many,
                                                   const Enough& enough) {
    const auto flags = [&](const Sample& sample) { return many ? cheapest_flags(sample) : Flags::sanitized; };
    compile(candidates, flags(failing_.front()));
    std::vector<std::pair<Mistakes, Evidence>> found =
        fitting(candidates, [&](const Mistakes& mistakes, const Sample& sample) -> std::optional<Evidence> {
          const std::optional<CaseRun> mutant = run(mistakes, sample, flags(sample), many);
          return mutant ? same(sample.student, sample.expected, *mutant) : std::nullopt;
        });
    std::erase_if(found, [&](const auto& entry) {
      return !enough(entry.second) || !passes(entry.first, flags(failing_.front()));
    });
    return found;
  }

  Diagnosis single(const Mistakes& mistakes, bool many = false) {
    std::vector<std::pair<Mistakes, Evidence>> found =
        equal(singles(mistakes), many, [](const Evidence& evidence) { return evidence.total() >= 2; });
    if (found.empty()) return {};
    // Little evidence names only what nothing else explains.
    constexpr std::size_t enough = 4;
    if (found.size() > 1 && found.front().second.numbers < enough) return {};
    Diagnosis diagnosis{Diagnosis::Kind::same, found.front().first, nullptr, 1};
    if (found.size() > 1) diagnosis.same_numbers = found[1].first.front();
    return diagnosis;
  }

  /// One token of the solution changed.
  Diagnosis slip() {
    Mistakes slips;
    for (const Mistake& mistake : workshop_.slips(symptoms_.lab)) {
      if (mistake.task == symptoms_.task) slips.push_back(&mistake);
    }
    return single(slips, true);
  }

  Diagnosis scaled() {
    constexpr std::array<double, 13> factors{-1, 2, 3, 4, 5, 6, 8, 10, 1.0 / 2, 1.0 / 3, 1.0 / 4, 1.0 / 5, 1.0 / 10};
    for (const Mistake* mistake : own_) {
      const std::optional<CaseRun> mutant = run({mistake}, failing_.front());
      double factor = 0;
      if (!mutant || !multiple(failing_.front().student, failing_.front().expected, *mutant, factor)) continue;
      const bool simple = std::any_of(factors.begin(), factors.end(),
                                      [&](double f) { return std::abs(factor - f) <= 1e-5 * std::abs(f); });
      if (!simple) continue;
      const auto fits = [&](const Mistakes& mistakes, const Sample& sample) -> std::optional<Evidence> {
        const std::optional<CaseRun> other = run(mistakes, sample);
        return other ? multiple(sample.student, sample.expected, *other, factor) : std::nullopt;
      };
      const auto found = fitting({{mistake}}, fits);
      if (!found.empty() && found.front().second.numbers >= 4 * failing_.size()) {
        return {Diagnosis::Kind::multiple, {mistake}, nullptr, factor};
      }
    }
    return {};
  }

  /// Two mistakes whose differences add up, or multiply: nothing is compiled.
  template <class Combine>
  Diagnosis combined(Diagnosis::Kind kind, const Combine& combine) {
    std::vector<Mistakes> pairs;
    for (std::size_t i = 0; i < own_.size(); ++i) {
      for (std::size_t j = i + 1; j < own_.size(); ++j) pairs.push_back({own_[i], own_[j]});
    }
    const auto fits = [&](const Mistakes& mistakes, const Sample& sample) -> std::optional<Evidence> {
      const std::optional<CaseRun> a = run({mistakes[0]}, sample);
      const std::optional<CaseRun> b = run({mistakes[1]}, sample);
      return a && b ? combine(sample.student, sample.expected, *a, *b) : std::nullopt;
    };
    std::vector<std::pair<Mistakes, Evidence>> found = fitting(pairs, fits);
    std::erase_if(found, [&](const auto& entry) {
      return entry.second.numbers < 4 || !passes({entry.first[0]}) || !passes({entry.first[1]});
    });
    if (found.size() != 1) return {};
    return {kind, found.front().first, nullptr, 1};
  }

  /// Without any, too little is known to tell one pair from another.
  bool reports_wrong_numbers() const {
    return std::any_of(failing_.begin(), failing_.end(), [](const Sample& sample) {
      return same(sample.student, sample.expected, sample.student)->numbers > 0;
    });
  }

  /// Two mistakes in one file, compiled together. First those of which one explains a part of what is wrong.
  Diagnosis pair() {
    if (!reports_wrong_numbers()) return {};
    std::vector<Mistakes> likely;
    std::vector<Mistakes> rest;
    Mistakes all = own_;
    all.insert(all.end(), others_.begin(), others_.end());
    std::vector<char> partly(all.size());
    in_parallel(all.size(), [&](std::size_t i) {
      partly[i] = std::any_of(failing_.begin(), failing_.end(), [&](const Sample& sample) {
        const std::optional<CaseRun> mutant = run({all[i]}, sample);
        return mutant && explains_part(sample.student, sample.expected, *mutant);
      });
    });
    for (std::size_t i = 0; i < all.size(); ++i) {
      for (std::size_t j = i + 1; j < all.size(); ++j) {
        if (i >= own_.size()) continue;  // one of the two is of this task
        (partly[i] || partly[j] ? likely : rest).push_back({all[i], all[j]});
      }
    }
    std::erase_if(rest, [&](const Mistakes& mistakes) {
      return !symptoms_.all_pairs || mistakes[1]->task != symptoms_.task ||
             (!in_time() &&
              !workshop_.compiler().is_compiled(symptoms_.lab, mistakes, cheapest_flags(failing_.front())));
    });
    for (const std::vector<Mistakes>* pairs : {&likely, &rest}) {
      std::vector<std::pair<Mistakes, Evidence>> found =
          equal(*pairs, true, [](const Evidence& evidence) { return evidence.numbers >= 4; });
      if (!found.empty()) return {Diagnosis::Kind::pair, found.front().first, nullptr, 1};
    }
    return {};
  }

  Workshop& workshop_;
  const Symptoms& symptoms_;
  double start_;
  std::vector<Sample> failing_;
  std::vector<Sample> second_;
  std::vector<const CaseVerdict*> passing_;
  Mistakes own_;
  Mistakes others_;
};

}  // namespace

Diagnosis diagnose(Workshop& workshop, const Symptoms& symptoms) { return Search(workshop, symptoms).find(); }

}  // namespace lab
