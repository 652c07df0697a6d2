#include "ir/pass_manager.hpp"

#include <utility>

#include "ir/verify.hpp"

namespace rtlgen {
namespace {

void look_at(const Graph& graph, const std::string& pass, const PassObserver& observer) {
  try {
    verify(graph);
  } catch (const IrError& error) {
    throw IrError("behind pass '" + pass + "': " + error.what());
  }
  if (observer) {
    observer(pass, graph);
  }
}

}  // namespace

Graph run_passes(Graph graph, const std::string& start, const std::vector<Pass>& passes, const PassObserver& observer) {
  look_at(graph, start, observer);
  for (const Pass& pass : passes) {
    graph = pass.run(std::move(graph));
    look_at(graph, pass.name, observer);
  }
  return graph;
}

}  // namespace rtlgen
