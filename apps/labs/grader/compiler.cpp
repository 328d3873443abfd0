#include "compiler.h"

#include "batch.h"
#include "parallel.h"
#include "process.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <set>

namespace lab {

namespace {

const std::vector<std::string>& flags_of(Flags flags) {
  static const std::vector<std::string> sanitized{"-O1",
                                                  "-g1",
                                                  "-fsanitize=address,undefined",
                                                  "-fno-sanitize-recover=undefined",
                                                  "-fno-omit-frame-pointer",
                                                  "-D_GLIBCXX_ASSERTIONS"};
  static const std::vector<std::string> fast{"-O2"};
  static const std::vector<std::string> numbers{"-O1", "-D_GLIBCXX_ASSERTIONS"};
  switch (flags) {
    case Flags::sanitized:
      return sanitized;
    case Flags::fast:
      return fast;
    case Flags::numbers:
      break;
  }
  return numbers;
}

std::string student_compiler() {
  const char* compiler = std::getenv("CXX");
  return compiler != nullptr && *compiler != '\0' ? compiler : LAB_COMPILER;
}

/// The messages come last: they say that the folder is complete.
void link_version(const Lab& lab, const std::string& object, const fs::path& folder, const std::string& messages) {
  const std::string name = lab.library() + ".so";
  const fs::path draft = folder / fmt::format("{}.{}", name, getpid());
  fs::create_directories(folder);
  // The programs bring the libraries, so that none is looked for.
  if (!run({LAB_COMPILER, "-shared", "-nostdlib", "-Wl,-soname," + name, "-o", draft.string(), object}).good()) return;
  fs::rename(draft, folder / name);
  write_file(folder / "messages", messages);
}

}  // namespace

std::string mutant(const Lab& lab, const std::vector<const Mistake*>& mistakes) {
  std::string text = read_file(lab.solution());
  for (const Mistake* mistake : mistakes) text = edited(text, mistake->edits);
  return text;
}

std::vector<std::vector<const Mistake*>> each_alone(const std::vector<Mistake>& mistakes) {
  std::vector<std::vector<const Mistake*>> list;
  for (const Mistake& mistake : mistakes) list.push_back({&mistake});
  return list;
}

Compiler::Compiler(const Course& course)
    : course_(course), student_compiler_(student_compiler()), cache_(fs::path(LAB_BUILD) / "labs" / "cache") {
  fs::create_directories(cache_);
}

std::vector<std::string> Compiler::options(const std::string& compiler, const Lab& lab, Flags flags) const {
  std::vector<std::string> words{compiler, "-std=c++20"};
  const std::vector<std::string>& own = flags_of(flags);
  words.insert(words.end(), own.begin(), own.end());
  // A check that the runtime of gcc, to which the programs are linked, does not have.
  if (compiler.find("clang") != std::string::npos) words.push_back("-fno-sanitize=function");
  words.insert(words.end(), {"-Wall", "-Wextra", "-Wno-unused-parameter", "-fPIC", "-I" + lab.folder.string(),
                             "-I" + (course_.folder() / "student").string()});
  for (const Lab* needed : course_.needed(lab)) words.push_back("-I" + needed->folder.string());
  return words;
}

std::vector<std::string> Compiler::command(const std::string& compiler, const Lab& lab, const fs::path& source,
                                           const fs::path& library, Flags flags) const {
  std::vector<std::string> words = options(compiler, lab, flags);
  words.insert(words.end(),
               {"-shared", "-Wl,-soname," + lab.library() + ".so", "-o", library.string(), source.string()});
  return words;
}

std::string Compiler::key(const std::string& compiler, const Lab& lab, const std::string& source, Flags flags) const {
  std::string text =
      fmt::format("{}{}{}", cache_format, joined(command(compiler, lab, "source", "library", flags), " "), source);
  for (const fs::path& header : course_.headers(lab)) text += read_file(header);
  return hex_of(hash_of(text));
}

std::optional<Library> Compiler::found(const Lab& lab, const std::string& key) const {
  const fs::path folder = cache_ / key;
  if (!fs::exists(folder / "messages")) return std::nullopt;
  return Library{folder, read_file(folder / "messages"), fs::exists(folder / (lab.library() + ".so"))};
}

Library Compiler::compile_into_cache(const std::string& compiler, const Lab& lab, const fs::path& source,
                                     const std::string& text, Flags flags) {
  const std::string name = key(compiler, lab, text, flags);
  if (const std::optional<Library> library = found(lab, name)) return *library;
  const fs::path folder = cache_ / name;
  const fs::path draft = fmt::format("{}.{}.{}", folder.string(), getpid(), hash_of(source.string()) % 1000);
  fs::create_directories(draft);
  const Outcome outcome = run(command(compiler, lab, source, draft / (lab.library() + ".so"), flags), {{"LC_ALL", "C"}},
                              {.seconds = 120, .output = 1 << 22, .file_size = std::size_t{1} << 30});
  std::error_code failed;
  if (!outcome.good()) {
    fs::remove_all(draft, failed);
    return {{}, outcome.timed_out ? "error: the compiler does not end" : outcome.output, false};
  }
  write_file(draft / "messages", outcome.output);
  fs::rename(draft, folder, failed);
  if (failed) fs::remove_all(draft, failed);  // another grader was faster
  return {folder, outcome.output, true};
}

Library Compiler::compile(const Lab& lab, const fs::path& source, Flags flags) {
  return compile_into_cache(student_compiler_, lab, source, read_file(source), flags);
}

Library Compiler::compile_text(const Lab& lab, const std::string& source, Flags flags) {
  if (const std::optional<Library> library = found(lab, key(LAB_COMPILER, lab, source, flags))) return *library;
  const TemporaryFolder draft;
  const fs::path file = draft.path() / (lab.file + ".cpp");
  write_file(file, source);
  return compile_into_cache(LAB_COMPILER, lab, file, source, flags);
}

void Compiler::compile_batch(const Lab& lab, std::vector<std::string> versions, Flags flags) {
  const TemporaryFolder draft;
  const std::string object = (draft.path() / "batch.o").string();
  std::vector<std::string> words = options(LAB_COMPILER, lab, flags);
  words.insert(words.end(), {"-c", "-o", object, (draft.path() / "batch.cpp").string()});
  const auto folder_of = [&](const std::string& version) { return cache_ / key(LAB_COMPILER, lab, version, flags); };
  // Last the solution: if it does not compile there, a version before it breaks the others, and each is compiled alone.
  versions.push_back(read_file(lab.solution()));
  while (versions.size() > 1) {
    write_file(draft.path() / "batch.cpp", batch_of(course_, lab, versions));
    const Outcome outcome =
        run(words, {{"LC_ALL", "C"}}, {.seconds = 120, .output = 1 << 22, .file_size = std::size_t{1} << 30});
    const std::vector<std::string> messages = messages_of_batch(outcome.output, versions.size());
    const auto is_wrong = [&](std::size_t i) { return messages[i].find(": error: ") != std::string::npos; };
    if (outcome.good()) {
      const std::string objects = read_file(object);
      for (std::size_t i = 0; i + 1 < versions.size(); ++i) {
        write_file(object, object_with(objects, i));
        link_version(lab, object, folder_of(versions[i]), messages[i]);
      }
      return;
    }
    if (is_wrong(versions.size() - 1)) return;
    std::vector<std::string> right;
    for (std::size_t i = 0; i < versions.size(); ++i) {
      if (is_wrong(i)) {
        write_file(folder_of(versions[i]) / "messages", messages[i]);
      } else {
        right.push_back(versions[i]);
      }
    }
    if (right.size() == versions.size()) return;
    versions = std::move(right);
  }
}

void Compiler::compile_together(const Lab& lab, const std::vector<std::string>& versions, Flags flags,
                                const std::function<bool()>& goes_on) {
  if (!fs::exists(lab.solution())) return;
  const std::lock_guard guard(batch_mutex_);
  std::vector<std::string> missing;
  for (const std::string& version : std::set<std::string>(versions.begin(), versions.end())) {
    if (!found(lab, key(LAB_COMPILER, lab, version, flags))) missing.push_back(version);
  }
  constexpr std::size_t most = 24;
  in_parallel((missing.size() + most - 1) / most, [&](std::size_t i) {
    const auto first = missing.begin() + static_cast<std::ptrdiff_t>(i * most);
    const auto last = missing.begin() + static_cast<std::ptrdiff_t>(std::min(missing.size(), (i + 1) * most));
    if (goes_on()) compile_batch(lab, {first, last}, flags);
  });
}

void Compiler::compile_together(const Lab& lab, const std::vector<std::vector<const Mistake*>>& mutants, Flags flags,
                                const std::function<bool()>& goes_on) {
  if (!fs::exists(lab.solution())) return;
  std::vector<std::string> versions;
  for (const std::vector<const Mistake*>& mistakes : mutants) {
    try {
      versions.push_back(mutant(lab, mistakes));
    } catch (const Error&) {  // both change the same place
    }
  }
  compile_together(lab, versions, flags, goes_on);
}

bool Compiler::is_compiled(const Lab& lab, const std::vector<const Mistake*>& mistakes, Flags flags) {
  if (!fs::exists(lab.solution())) return true;
  try {
    return fs::exists(cache_ / key(LAB_COMPILER, lab, mutant(lab, mistakes), flags) / (lab.library() + ".so"));
  } catch (const Error&) {
    return true;  // known at no cost to be impossible
  }
}

}  // namespace lab
