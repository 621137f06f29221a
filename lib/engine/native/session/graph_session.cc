// A TensorFlow graph and the session that runs it, for JavaScript.
//
// TensorFlow.js's own addon executes operations one at a time. This one lets a graph grow node by node, tells each
// node's output types and shapes while it grows, and runs any part of it in one call, on a thread of its own.
// Types and attribute kinds are TensorFlow's C enums, as in TensorFlow.js's addon. Values travel as typed arrays.

#include <napi.h>

#include <condition_variable>
#include <cstring>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "convolution/convolution.h"
#include "session/operations.h"
#include "session/server.h"
#include "session/tensorflow_handles.h"
#include "shared/level.h"
#include "tensorflow/c/c_api.h"
#include "tensorflow/core/platform/tensor_float_32_utils.h"

namespace {

using resnet::NewStatus;
using resnet::Ok;
using resnet::Status;
using resnet::Tensor;

using Buffer = std::unique_ptr<TF_Buffer, void (*)(TF_Buffer*)>;

void DeleteBuffer(TF_Buffer* buffer) {
  if (buffer != nullptr) TF_DeleteBuffer(buffer);
}

Buffer NewBuffer() {
  return {TF_NewBuffer(), DeleteBuffer};
}

void Check(Napi::Env env, const Status& status) {
  if (!Ok(status)) throw Napi::Error::New(env, TF_Message(status.get()));
}

std::vector<int64_t> Integers(const Napi::Value& value) {
  auto array = value.As<Napi::Array>();
  std::vector<int64_t> integers(array.Length());
  for (uint32_t i = 0; i < integers.size(); ++i) integers[i] = array.Get(i).ToNumber().Int64Value();
  return integers;
}

// {dtype, shape, data: TypedArray} copied into TensorFlow's memory, which is aligned as its kernels want it.
Tensor ToTensor(const Napi::Object& value) {
  auto dtype = static_cast<TF_DataType>(value.Get("dtype").ToNumber().Int32Value());
  auto shape = Integers(value.Get("shape"));
  auto data = value.Get("data").As<Napi::TypedArray>();
  size_t count = 1;
  for (int64_t size : shape) count *= size;
  if (count * TF_DataTypeSize(dtype) != data.ByteLength()) {
    throw Napi::Error::New(value.Env(), "a tensor's values don't fill its shape");
  }
  Tensor tensor(TF_AllocateTensor(dtype, shape.data(), shape.size(), data.ByteLength()), TF_DeleteTensor);
  const auto* source = static_cast<const uint8_t*>(data.ArrayBuffer().Data()) + data.ByteOffset();
  if (data.ByteLength() > 0) std::memcpy(TF_TensorData(tensor.get()), source, data.ByteLength());
  return tensor;
}

// The reverse: {dtype, shape, data: ArrayBuffer}.
Napi::Object FromTensor(Napi::Env env, TF_Tensor* tensor) {
  auto value = Napi::Object::New(env);
  auto shape = Napi::Array::New(env, TF_NumDims(tensor));
  for (int i = 0; i < TF_NumDims(tensor); ++i) shape.Set(i, Napi::Number::New(env, TF_Dim(tensor, i)));
  auto data = Napi::ArrayBuffer::New(env, TF_TensorByteSize(tensor));
  if (data.ByteLength() > 0) std::memcpy(data.Data(), TF_TensorData(tensor), data.ByteLength());
  value.Set("dtype", Napi::Number::New(env, TF_TensorType(tensor)));
  value.Set("shape", shape);
  value.Set("data", data);
  return value;
}

Napi::Value ToBytes(Napi::Env env, const Buffer& buffer) {
  return Napi::Buffer<uint8_t>::Copy(env, static_cast<const uint8_t*>(buffer->data), buffer->length);
}

// TensorFlow's session, with what must outlive a run on another thread.
struct SessionState {
  TF_Graph* graph = TF_NewGraph();
  TF_Session* session = nullptr;
  // One run at a time, in the order of the calls: a step that assigns variables must not be read before its end.
  std::mutex mutex;
  std::condition_variable changed;
  uint64_t next_turn = 0;
  uint64_t turn = 0;
  // Whether a GPU may round factors of float32 to 11 bits.
  bool tensor_float_32 = true;
  // After so many milliseconds a run on a server fails; 0 for never.
  int64_t timeout = 0;

  ~SessionState() {
    auto status = NewStatus();
    if (session != nullptr) {
      TF_CloseSession(session, status.get());
      TF_DeleteSession(session, status.get());
    }
    TF_DeleteGraph(graph);
  }
};

// Everything one run needs, taken out of JavaScript before it starts.
struct Run {
  std::shared_ptr<SessionState> state;
  std::vector<TF_Output> feeds;
  std::vector<Tensor> feed_values;
  std::vector<TF_Output> fetches;
  std::vector<TF_Operation*> targets;
  std::vector<TF_Tensor*> fetched;
  bool traced = false;
  Buffer metadata = NewBuffer();
  Status status = NewStatus();
  uint64_t my_turn;  // Taken on JavaScript's thread, which knows the order.

  void Execute() {
    std::unique_lock<std::mutex> lock(state->mutex);
    state->changed.wait(lock, [this] { return state->turn == my_turn; });
    // TensorFlow has one switch for all sessions, which operations look at when they run.
    tsl::enable_tensor_float_32_execution(state->tensor_float_32);
    std::vector<TF_Tensor*> values;
    for (auto& value : feed_values) values.push_back(value.get());
    fetched.assign(fetches.size(), nullptr);
    const std::string given = Options();
    Buffer options(TF_NewBufferFromString(given.data(), given.size()), DeleteBuffer);
    TF_SessionRun(state->session, options.get(), feeds.data(), values.data(), feeds.size(), fetches.data(),
                  fetched.data(), fetches.size(), targets.data(), targets.size(), traced ? metadata.get() : nullptr,
                  status.get());
    tsl::enable_tensor_float_32_execution(true);
    ++state->turn;
    state->changed.notify_all();
  }

  // A serialized tensorflow.RunOptions.
  std::string Options() const {
    std::string options;
    if (traced) options += {0x08, 0x03};  // trace_level: FULL_TRACE
    if (state->timeout > 0) {
      options += 0x10;  // timeout_in_ms
      int64_t rest = state->timeout;
      for (; rest >= 0x80; rest >>= 7) options += static_cast<char>(rest | 0x80);
      options += static_cast<char>(rest);
    }
    return options;
  }

  Napi::Value Results(Napi::Env env) {
    auto results = Napi::Array::New(env, fetched.size());
    for (uint32_t i = 0; i < fetched.size(); ++i) results.Set(i, FromTensor(env, fetched[i]));
    return results;
  }

  ~Run() {
    for (TF_Tensor* tensor : fetched) {
      if (tensor != nullptr) TF_DeleteTensor(tensor);
    }
  }
};

class RunWorker : public Napi::AsyncWorker {
 public:
  RunWorker(Napi::Env env, std::unique_ptr<Run> run)
      : Napi::AsyncWorker(env, "tensorflow.session.run"), deferred_(env), run_(std::move(run)) {}

  Napi::Promise Promise() const { return deferred_.Promise(); }

 protected:
  void Execute() override {
    run_->Execute();
    if (!Ok(run_->status)) SetError(TF_Message(run_->status.get()));
  }
  void OnOK() override { deferred_.Resolve(run_->Results(Env())); }
  void OnError(const Napi::Error& error) override { deferred_.Reject(error.Value()); }

 private:
  Napi::Promise::Deferred deferred_;
  std::unique_ptr<Run> run_;
};

class GraphSession : public Napi::ObjectWrap<GraphSession> {
 public:
  static Napi::Function Define(Napi::Env env) {
    return DefineClass(env, "GraphSession",
                       {
                           InstanceMethod<&GraphSession::OpDef>("opDef"),
                           InstanceMethod<&GraphSession::AddNode>("addNode"),
                           InstanceMethod<&GraphSession::RunNow>("run"),
                           InstanceMethod<&GraphSession::RunAsync>("runAsync"),
                           InstanceMethod<&GraphSession::Profile>("profile"),
                           InstanceMethod<&GraphSession::Close>("close"),
                       });
  }

  // new GraphSession(config: Uint8Array, tensorFloat32: boolean, target: string, timeout: number): config is a
  // serialized tensorflow.ConfigProto; target is a server's address, empty for a session in this process, and timeout
  // the milliseconds that a run there may take, 0 for any time.
  explicit GraphSession(const Napi::CallbackInfo& info)
      : Napi::ObjectWrap<GraphSession>(info), state_(std::make_shared<SessionState>()) {
    state_->tensor_float_32 = info[1].ToBoolean();
    state_->timeout = info[3].ToNumber().Int64Value();
    auto status = NewStatus();
    TF_SessionOptions* options = TF_NewSessionOptions();
    auto config = info[0].As<Napi::Uint8Array>();
    TF_SetConfig(options, config.Data(), config.ByteLength(), status.get());
    const std::string target = info[2].ToString();
    if (!target.empty()) TF_SetTarget(options, target.c_str());
    if (Ok(status)) state_->session = TF_NewSession(state_->graph, options, status.get());
    TF_DeleteSessionOptions(options);
    Check(info.Env(), status);
  }

 private:
  std::shared_ptr<SessionState> state_;
  std::vector<TF_Operation*> nodes_;  // A node is known to JavaScript by its place here.

  SessionState& State(Napi::Env env) {
    if (!state_) throw Napi::Error::New(env, "the session is closed");
    return *state_;
  }

  TF_Operation* Node(const Napi::Value& index) { return nodes_.at(index.ToNumber().Uint32Value()); }

  // [node, output]
  TF_Output Output(const Napi::Value& value) {
    auto pair = value.As<Napi::Array>();
    return {Node(pair.Get(0u)), pair.Get(1u).ToNumber().Int32Value()};
  }

  std::vector<TF_Output> Outputs(const Napi::Value& value) {
    auto array = value.As<Napi::Array>();
    std::vector<TF_Output> outputs(array.Length());
    for (uint32_t i = 0; i < outputs.size(); ++i) outputs[i] = Output(array.Get(i));
    return outputs;
  }

  // opDef(op: string): the operation's serialized tensorflow.OpDef.
  Napi::Value OpDef(const Napi::CallbackInfo& info) {
    auto status = NewStatus();
    Buffer buffer = NewBuffer();
    TF_GraphGetOpDef(State(info.Env()).graph, info[0].ToString().Utf8Value().c_str(), buffer.get(), status.get());
    Check(info.Env(), status);
    return ToBytes(info.Env(), buffer);
  }

  void SetAttribute(TF_OperationDescription* node, const Napi::Object& attribute) {
    std::string name = attribute.Get("name").ToString();
    Napi::Value value = attribute.Get("value");
    auto status = NewStatus();
    switch (static_cast<TF_AttrType>(attribute.Get("type").ToNumber().Int32Value())) {
      case TF_ATTR_STRING: {
        std::string text = value.ToString();
        TF_SetAttrString(node, name.c_str(), text.data(), text.size());
        break;
      }
      case TF_ATTR_INT:
        if (value.IsArray()) {
          auto integers = Integers(value);
          TF_SetAttrIntList(node, name.c_str(), integers.data(), integers.size());
        } else {
          TF_SetAttrInt(node, name.c_str(), value.ToNumber().Int64Value());
        }
        break;
      case TF_ATTR_FLOAT:
        if (value.IsArray()) {
          auto array = value.As<Napi::Array>();
          std::vector<float> floats(array.Length());
          for (uint32_t i = 0; i < floats.size(); ++i) floats[i] = array.Get(i).ToNumber().FloatValue();
          TF_SetAttrFloatList(node, name.c_str(), floats.data(), floats.size());
        } else {
          TF_SetAttrFloat(node, name.c_str(), value.ToNumber().FloatValue());
        }
        break;
      case TF_ATTR_BOOL:
        TF_SetAttrBool(node, name.c_str(), value.ToBoolean() ? 1 : 0);
        break;
      case TF_ATTR_TYPE:
        TF_SetAttrType(node, name.c_str(), static_cast<TF_DataType>(value.ToNumber().Int32Value()));
        break;
      case TF_ATTR_SHAPE: {
        auto shape = Integers(value);
        TF_SetAttrShape(node, name.c_str(), shape.data(), shape.size());
        break;
      }
      case TF_ATTR_TENSOR:
        TF_SetAttrTensor(node, name.c_str(), ToTensor(value.As<Napi::Object>()).get(), status.get());
        Check(attribute.Env(), status);
        break;
      default:
        throw Napi::Error::New(attribute.Env(), "attribute " + name + " is of a kind that can't be recorded");
    }
  }

  // addNode(op, name, inputs, attributes, controlInputs, device): {node, outputs: {dtype, shape}[]}.
  // An input is [node, output], or a list of those for an operation that takes a list. Unknown sizes are -1, a shape
  // of unknown rank is null.
  Napi::Value AddNode(const Napi::CallbackInfo& info) {
    Napi::Env env = info.Env();
    TF_Graph* graph = State(env).graph;
    std::string op = info[0].ToString();
    std::string name = info[1].ToString();
    TF_OperationDescription* node = TF_NewOperation(graph, op.c_str(), name.c_str());

    auto inputs = info[2].As<Napi::Array>();
    for (uint32_t i = 0; i < inputs.Length(); ++i) {
      auto input = inputs.Get(i).As<Napi::Array>();
      if (input.Length() > 0 && input.Get(0u).IsNumber()) {
        TF_AddInput(node, Output(input));
      } else {
        auto list = Outputs(input);
        TF_AddInputList(node, list.data(), list.size());
      }
    }
    auto attributes = info[3].As<Napi::Array>();
    for (uint32_t i = 0; i < attributes.Length(); ++i) SetAttribute(node, attributes.Get(i).As<Napi::Object>());
    auto controls = info[4].As<Napi::Array>();
    for (uint32_t i = 0; i < controls.Length(); ++i) TF_AddControlInput(node, Node(controls.Get(i)));
    std::string device = info[5].ToString();
    if (!device.empty()) TF_SetDevice(node, device.c_str());

    auto status = NewStatus();
    TF_Operation* operation = TF_FinishOperation(node, status.get());
    Check(env, status);
    nodes_.push_back(operation);

    auto outputs = Napi::Array::New(env, TF_OperationNumOutputs(operation));
    for (int i = 0; i < TF_OperationNumOutputs(operation); ++i) {
      auto output = Napi::Object::New(env);
      output.Set("dtype", Napi::Number::New(env, TF_OperationOutputType({operation, i})));
      output.Set("shape", Shape(env, graph, {operation, i}));
      outputs.Set(i, output);
    }
    auto result = Napi::Object::New(env);
    result.Set("node", Napi::Number::New(env, nodes_.size() - 1));
    result.Set("outputs", outputs);
    return result;
  }

  static Napi::Value Shape(Napi::Env env, TF_Graph* graph, TF_Output output) {
    auto status = NewStatus();
    int rank = TF_GraphGetTensorNumDims(graph, output, status.get());
    Check(env, status);
    if (rank < 0) return env.Null();
    std::vector<int64_t> sizes(rank);
    TF_GraphGetTensorShape(graph, output, sizes.data(), rank, status.get());
    Check(env, status);
    auto shape = Napi::Array::New(env, rank);
    for (int i = 0; i < rank; ++i) shape.Set(i, Napi::Number::New(env, sizes[i]));
    return shape;
  }

  // (feeds: [node, output][], values: {dtype, shape, data}[], fetches: [node, output][], targets: node[])
  std::unique_ptr<Run> Prepare(const Napi::CallbackInfo& info) {
    State(info.Env());
    auto run = std::make_unique<Run>();
    run->state = state_;
    run->feeds = Outputs(info[0]);
    auto values = info[1].As<Napi::Array>();
    for (uint32_t i = 0; i < values.Length(); ++i)
      run->feed_values.push_back(ToTensor(values.Get(i).As<Napi::Object>()));
    run->fetches = Outputs(info[2]);
    auto targets = info[3].As<Napi::Array>();
    for (uint32_t i = 0; i < targets.Length(); ++i) run->targets.push_back(Node(targets.Get(i)));
    run->my_turn = state_->next_turn++;
    return run;
  }

  // run(feeds, values, fetches, targets): what was fetched, after the runs that were asked for before.
  Napi::Value RunNow(const Napi::CallbackInfo& info) {
    auto run = Prepare(info);
    run->Execute();
    Check(info.Env(), run->status);
    return run->Results(info.Env());
  }

  // profile(feeds, values, fetches, targets): the same run, giving how long each node took, as a serialized
  // tensorflow.RunMetadata.
  Napi::Value Profile(const Napi::CallbackInfo& info) {
    auto run = Prepare(info);
    run->traced = true;
    run->Execute();
    Check(info.Env(), run->status);
    return ToBytes(info.Env(), run->metadata);
  }

  // runAsync(feeds, values, fetches, targets): a promise of the same; the event loop goes on meanwhile.
  Napi::Value RunAsync(const Napi::CallbackInfo& info) {
    auto* worker = new RunWorker(info.Env(), Prepare(info));
    auto promise = worker->Promise();
    worker->Queue();
    return promise;
  }

  // close(): frees the graph, the session and its variables, once a run under way has ended.
  Napi::Value Close(const Napi::CallbackInfo& info) {
    // A server that was lost is waited for, by nobody.
    if (state_ && state_->timeout > 0) std::thread([state = std::move(state_)]() mutable { state.reset(); }).detach();
    state_.reset();
    nodes_.clear();
    return info.Env().Undefined();
  }
};

// shouldPool([batch, inH, inW, inC, outH, outW, outC, kernelH, kernelW, strideH, strideW, padTop, padLeft],
// arithmetic): whether DirectConv2DMaxPool takes such a convolution, and is faster.
Napi::Value ShouldPool(const Napi::CallbackInfo& info) {
  const auto sizes = info[0].As<Napi::Array>();
  const auto size = [&](uint32_t i) { return sizes.Get(i).As<Napi::Number>().Int64Value(); };
  const resnet::Convolution shape{size(0), size(1), size(2), size(3),  size(4),  size(5), size(6),
                                  size(7), size(8), size(9), size(10), size(11), size(12)};
  const auto arithmetic = static_cast<resnet::Arithmetic>(info[1].As<Napi::Number>().Int64Value());
  return Napi::Boolean::New(info.Env(), resnet::ShouldPool(shape, arithmetic));
}

Napi::Object Init(Napi::Env env, Napi::Object exports) {
  exports.Set("GraphSession", GraphSession::Define(env));
  // Which instructions the operations of operations.h use, which TensorFlow has now; "tensorflow" where they are off.
  resnet::RegisterOperations();
  exports.Set("kernels", Napi::String::New(env, resnet::NameOf(resnet::KernelLevel())));
  exports.Set("startServer", Napi::Function::New(env, resnet::StartServer, "startServer"));
  exports.Set("shouldPool", Napi::Function::New(env, ShouldPool, "shouldPool"));
  return exports;
}

}  // namespace

NODE_API_MODULE(graph_session, Init)
