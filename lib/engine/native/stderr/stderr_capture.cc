// Keeps what is written to the process's stderr for a while, whoever writes it.
//
// TensorFlow's libraries write log lines from static initializers, when they are loaded and before any setting of
// theirs is read. Node has no way to redirect a file descriptor, so this addon does. It is not linked with TensorFlow.

#include <napi.h>
#include <unistd.h>

#include <cstdio>
#include <string>

namespace {

int original = -1;          // A duplicate of stderr while it is redirected.
std::FILE* kept = nullptr;  // Where it is redirected to.

// start(): redirects stderr. Does nothing where the process has no stderr, or no file can be made.
void Start(const Napi::CallbackInfo&) {
  if (original >= 0) return;
  std::fflush(stderr);
  original = dup(STDERR_FILENO);
  if (original < 0) return;
  kept = std::tmpfile();
  if (kept == nullptr || dup2(fileno(kept), STDERR_FILENO) < 0) {
    close(original);
    original = -1;
  }
}

// stop(): puts stderr back, and returns what was written to it since.
Napi::Value Stop(const Napi::CallbackInfo& info) {
  std::string text;
  if (original >= 0) {
    std::fflush(stderr);
    dup2(original, STDERR_FILENO);
    close(original);
    original = -1;
    std::rewind(kept);
    char buffer[4096];
    while (const size_t count = std::fread(buffer, 1, sizeof buffer, kept)) text.append(buffer, count);
  }
  if (kept != nullptr) std::fclose(kept);
  kept = nullptr;
  return Napi::String::New(info.Env(), text);
}

Napi::Object Init(Napi::Env env, Napi::Object exports) {
  exports.Set("start", Napi::Function::New<Start>(env));
  exports.Set("stop", Napi::Function::New<Stop>(env));
  return exports;
}

}  // namespace

NODE_API_MODULE(stderr_capture, Init)
