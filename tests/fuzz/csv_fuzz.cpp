// Tables. The first byte of the input selects the options.
#include "target.h"

#include <gradus/data/tables/csv.h>

#include <array>

namespace {

gradus::CsvOptions options_of(std::uint8_t choice) {
  gradus::CsvOptions options{.separator = ",;:|\t"[choice % 5]};
  switch (choice / 5 % 4) {
    case 0:
      options.label = "y";
      break;
    case 1:
      options.target = "y";
      break;
    case 2:
      options.like = gradus::TableFormat{.features = {"a", "b"}, .classes = {"1", "no"}, .output = "y"};
      break;
    default:
      options.like = gradus::TableFormat{.features = {"a"}, .output = "y", .ignored = {"b"}};
  }
  return options;
}

}  // namespace

void fuzz(Bytes bytes) {
  if (bytes.empty()) return;
  const MemoryFile file(bytes.subspan(1));
  // A column that the options name and the file does not have is the caller's mistake.
  accepted<gradus::Error>([&] {
    const gradus::Table table = gradus::load_csv(file.path(), options_of(bytes[0]));
    require(table.data.size() > 0 && !table.features.empty(), "a table of nothing");
  });
}

void make_seeds() {
  using namespace std::string_view_literals;
  constexpr std::array separators{',', ';', ':', '|', '\t'};
  for (const std::size_t choice : {0u, 6u, 12u, 18u}) {
    std::string table = "a,b,y\n1,-2.5e3,no\n\"0.5\",7,1\n";
    if (choice / 5 == 1) table = "b,\"a \"\"x\"\"\",y\r\n1,2,3\r\n\r\n 4 ,5,6e-320\r\n";
    if (choice / 5 == 3) table = "\xEF\xBB\xBFy,a,b\n1,2,a text\n3,4,\"two\nlines\"";
    for (char& c : table) c = c == ',' ? separators[choice % 5] : c;
    seed(static_cast<char>(choice) + table);
  }
}
