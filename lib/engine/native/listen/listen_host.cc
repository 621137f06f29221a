// Has TensorFlow's server listen on the address that it is told, for a worker: loaded before all libraries
// (LD_PRELOAD).
//
// TensorFlow's gRPC server always listens on all of a machine's addresses, and knows no passwords. A socket that is
// about to do so is bound to the address in RESNET_LISTEN_HOST instead.

#include <arpa/inet.h>
#include <dlfcn.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace {

bool IsAny(const in6_addr& address) {
  static const in6_addr kMappedAny = {{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0, 0, 0}}};
  return IN6_IS_ADDR_UNSPECIFIED(&address) || std::memcmp(&address, &kMappedAny, sizeof address) == 0;
}

// The address as one of IPv6, which an IPv4 address is a part of.
bool Read(const char* host, in6_addr* address) {
  in_addr v4;
  if (inet_pton(AF_INET, host, &v4) != 1) return inet_pton(AF_INET6, host, address) == 1;
  std::memset(address, 0, sizeof *address);
  address->s6_addr[10] = address->s6_addr[11] = 0xff;
  std::memcpy(&address->s6_addr[12], &v4, sizeof v4);
  return true;
}

}  // namespace

extern "C" int bind(int socket, const sockaddr* address, socklen_t length) {
  static const auto original = reinterpret_cast<decltype(&bind)>(dlsym(RTLD_NEXT, "bind"));
  const char* host = std::getenv("RESNET_LISTEN_HOST");
  if (host == nullptr || address == nullptr) return original(socket, address, length);
  if (address->sa_family == AF_INET6 && length >= sizeof(sockaddr_in6)) {
    sockaddr_in6 changed;
    std::memcpy(&changed, address, sizeof changed);
    if (IsAny(changed.sin6_addr)) {
      // What can't be read must not become all addresses.
      if (!Read(host, &changed.sin6_addr)) return errno = EADDRNOTAVAIL, -1;
      return original(socket, reinterpret_cast<const sockaddr*>(&changed), sizeof changed);
    }
  }
  if (address->sa_family == AF_INET && length >= sizeof(sockaddr_in)) {
    sockaddr_in changed;
    std::memcpy(&changed, address, sizeof changed);
    if (changed.sin_addr.s_addr == htonl(INADDR_ANY)) {
      if (inet_pton(AF_INET, host, &changed.sin_addr) != 1) return errno = EADDRNOTAVAIL, -1;
      return original(socket, reinterpret_cast<const sockaddr*>(&changed), sizeof changed);
    }
  }
  return original(socket, address, length);
}
