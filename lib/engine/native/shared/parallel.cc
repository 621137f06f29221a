#include "shared/parallel.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <thread>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace resnet {
namespace {

// How often to look for what is expected soon before sleeping: some tenths of a millisecond, as long as it takes to
// wake up.
constexpr int kLooks = 10000;

// Whether what is asked came true while looking.
template <class Condition>
bool Soon(Condition condition) {
  for (int i = 0; i < kLooks; ++i) {
    if (condition()) return true;
#if defined(__x86_64__)
    _mm_pause();
#endif
  }
  return false;
}

struct Job {
  Job(int tasks, const std::function<void(int)>& work) : tasks(tasks), work(work) {}

  const int tasks;
  const std::function<void(int)>& work;
  std::atomic<int> next{0};
  std::atomic<int> done{0};
};

// Threads that wait for jobs. Several operations may bring theirs at once.
class Pool {
 public:
  explicit Pool(int workers) {
    for (int i = 0; i < workers; ++i) std::thread([this] { Serve(); }).detach();
  }

  void Run(int tasks, const std::function<void(int)>& work) {
    auto job = std::make_shared<Job>(tasks, work);
    std::unique_lock<std::mutex> lock(mutex_);
    auto place = jobs_.insert(jobs_.end(), job);
    ++arrivals_;
    lock.unlock();
    arrived_.notify_all();
    Help(*job);
    Soon([&] { return job->done == tasks; });
    lock.lock();
    finished_.wait(lock, [&] { return job->done == tasks; });
    jobs_.erase(place);
  }

 private:
  void Help(Job& job) {
    for (int task; (task = job.next++) < job.tasks;) {
      job.work(task);
      if (++job.done == job.tasks) {
        std::lock_guard<std::mutex> lock(mutex_);
        finished_.notify_all();
      }
    }
  }

  void Serve() {
    for (;;) {
      std::unique_lock<std::mutex> lock(mutex_);
      std::shared_ptr<Job> job = Waiting();
      if (!job) {
        const int64_t seen = arrivals_;
        lock.unlock();
        // A step is one operation after the other: the next job is there in no time.
        Soon([&] { return arrivals_ != seen; });
        lock.lock();
        arrived_.wait(lock, [&] { return (job = Waiting()) != nullptr; });
      }
      lock.unlock();
      Help(*job);
    }
  }

  std::shared_ptr<Job> Waiting() {
    for (auto& job : jobs_) {
      if (job->next < job->tasks) return job;
    }
    return nullptr;
  }

  std::mutex mutex_;
  std::condition_variable arrived_;
  std::condition_variable finished_;
  std::list<std::shared_ptr<Job>> jobs_;
  std::atomic<int64_t> arrivals_{0};
};

}  // namespace

int Cores() {
  static const int cores = std::max(1u, std::thread::hardware_concurrency());
  return cores;
}

void Parallel(int tasks, const std::function<void(int)>& work) {
  // Never freed: its threads run until the process ends.
  static Pool* pool = new Pool(Cores() - 1);
  pool->Run(tasks, work);
}

}  // namespace resnet
