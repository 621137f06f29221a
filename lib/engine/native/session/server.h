// TensorFlow's gRPC server, for JavaScript.

#pragma once

#include <napi.h>

namespace resnet {

// startServer(definition: Uint8Array): starts a server in this process, until it ends, and gives the target for
// sessions, `grpc://localhost:7002`. The definition is a serialized tensorflow.ServerDef.
Napi::Value StartServer(const Napi::CallbackInfo& info);

}  // namespace resnet
