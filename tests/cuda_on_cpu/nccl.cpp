// NCCL on the CPU, among the devices of a process: the last that comes adds up for all.
#include <atomic>
#include <cstdio>
#include <cstring>

#include "driver.hpp"

using namespace cuda_on_cpu;

namespace {

struct UniqueId { char bytes[128]; };

// The devices of a process that add up together.
struct Group {
  std::mutex lock;
  std::condition_variable changed;
  size_t ranks = 0, joined = 0;
  std::map<size_t, std::shared_ptr<Sum>> sums;  // by their number
};

struct Communicator {
  std::shared_ptr<Group> group;
  size_t rank = 0, begun = 0;
};

std::mutex groups_lock;
std::map<std::string, std::shared_ptr<Group>> groups;

constexpr int type_f16 = 6, type_f32 = 7, type_f64 = 8, type_i32 = 2, type_bf16 = 9;
constexpr int operation_sum = 0, operation_average = 4;

template <class T>
void add_up(Sum& sum) {
  const size_t count = sum.bytes / sizeof(T);
  std::vector<T> total(count, T(0));
  for (const void* from : sum.from)
    for (size_t i = 0; i < count; ++i) total[i] += static_cast<const T*>(from)[i];
  if (sum.operation == operation_average)
    for (T& value : total) value /= T(sum.ranks);
  for (void* to : sum.to) std::memcpy(to, total.data(), sum.bytes);
}

// The last rank that comes adds up.
int join(Sum& sum, const void* from, void* to) {
  std::lock_guard<std::mutex> guard(sum.lock);
  sum.from.push_back(from);
  sum.to.push_back(to);
  if (sum.from.size() < sum.ranks) return success;
  if (sum.type == type_f32) add_up<float>(sum);
  else if (sum.type == type_f64) add_up<double>(sum);
  else if (sum.type == type_i32) add_up<int>(sum);
  else return 4;  // ncclInvalidArgument
  sum.done = true;
  sum.changed.notify_all();
  return success;
}

}  // namespace

EXPORT const char* ncclGetErrorString(int) { return "an error of NCCL on the CPU"; }
EXPORT int ncclGetVersion(int* version) { *version = 22803; return success; }
EXPORT int ncclGetUniqueId(UniqueId* id) {
  static std::atomic<int> made{0};
  std::memset(id, 0, sizeof *id);
  std::snprintf(id->bytes, sizeof id->bytes, "%d", ++made);
  return success;
}
EXPORT int ncclCommInitRank(Communicator** communicator, int ranks, UniqueId id, int rank) {
  COUNTED;
  std::shared_ptr<Group> group;
  {
    std::lock_guard<std::mutex> guard(groups_lock);
    auto& place = groups[id.bytes];
    if (!place) place = std::make_shared<Group>();
    group = place;
  }
  std::unique_lock<std::mutex> guard(group->lock);
  group->ranks = ranks;
  ++group->joined;
  group->changed.notify_all();
  group->changed.wait(guard, [&] { return group->joined >= group->ranks; });
  *communicator = new Communicator{group, size_t(rank), 0};
  return success;
}
EXPORT int ncclCommDestroy(Communicator* communicator) { delete communicator; return success; }
EXPORT int ncclCommAbort(Communicator* communicator) { delete communicator; return success; }
EXPORT int ncclGroupStart() { return success; }
EXPORT int ncclGroupEnd() { return success; }
EXPORT int ncclAllReduce(const void* from, void* to, size_t count, int type, int operation, Communicator* communicator, Stream* stream) {
  COUNTED;
  std::shared_ptr<Sum> sum;
  {
    Group& group = *communicator->group;
    std::lock_guard<std::mutex> guard(group.lock);
    auto& place = group.sums[communicator->begun++];
    if (!place) {
      place = std::make_shared<Sum>();
      place->ranks = group.ranks;
      place->type = type;
      place->operation = operation;
      place->bytes = count * (type == type_f64 ? 8 : 4);
    }
    sum = place;
    if (sum->bytes != count * (type == type_f64 ? 8 : 4) || sum->type != type) {
      std::fprintf(stderr, "NCCL on the CPU: rank %zu adds up something else than the others\n", communicator->rank);
      std::abort();
    }
  }
  stream->last = sum;
  return join(*sum, from, to);
}
