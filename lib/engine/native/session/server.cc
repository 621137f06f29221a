#include "session/server.h"

#include <string>

#include "session/tensorflow_handles.h"
#include "tensorflow/c/c_api.h"

namespace resnet {

Napi::Value StartServer(const Napi::CallbackInfo& info) {
  const auto definition = info[0].As<Napi::Uint8Array>();
  const Status status = NewStatus();
  TF_Server* server = TF_NewServer(definition.Data(), definition.ByteLength(), status.get());
  if (Ok(status)) TF_ServerStart(server, status.get());
  if (!Ok(status)) throw Napi::Error::New(info.Env(), TF_Message(status.get()));
  // It can't be stopped, as TensorFlow says, and lives as long as the process.
  return Napi::String::New(info.Env(), TF_ServerTarget(server));
}

}  // namespace resnet
