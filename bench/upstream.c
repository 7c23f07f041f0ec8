/*
 * The node behind every contender: a JSON-RPC server that costs next to nothing, so that what is measured is the proxy.
 *
 *   upstream PORT ADDRESSES LARGE_BYTES
 *
 * One thread, epoll, HTTP/1.1 keep-alive, pipelining and split reads. Listens on PORT of ADDRESSES loopback addresses
 * 127.1.x.y, y = 1..250: each stands for one upstream. All of them share one chain whose head grows every 12 seconds.
 * The id is echoed as it came. eth_getLogs is answered with LARGE_BYTES of logs, unknown methods with two words of hex.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum { REQUEST_LIMIT = 16384, ANSWER_LIMIT = 2048, EVENTS = 256, ADDRESSES_PER_BLOCK = 250 };
enum { BLOCK_SECONDS = 12, FIRST_HEAD = 20000000, FINAL_DEPTH = 64, GAS_LIMIT = 30000000 };

struct connection {
  int fd;
  int writable_wanted;
  size_t used;                  /* bytes of `in` that hold requests */
  size_t answer_length, large_length, sent;
  const char *large;            /* the shared tail of a large answer, after `answer` */
  char in[REQUEST_LIMIT + 1];
  char answer[ANSWER_LIMIT];
};

static char *logs;
static size_t logs_length;
static time_t started;
static int poller;

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static unsigned long head(void) {
  return FIRST_HEAD + (unsigned long)(time(NULL) - started) / BLOCK_SECONDS;
}

/* Fills `logs` with the inside of an array of logs and the end of its envelope, at least `bytes` long. */
static void make_logs(size_t bytes) {
  logs = malloc(bytes + 1024);
  if (!logs) fail("malloc");
  for (unsigned index = 0; logs_length + 3 < bytes; index++)
    logs_length += (size_t)sprintf(
        logs + logs_length,
        "%s{\"address\":\"0x%040x\",\"topics\":[\"0x%064x\",\"0x%064x\",\"0x%064x\"],\"data\":\"0x%064x\","
        "\"blockNumber\":\"0x%x\",\"transactionHash\":\"0x%064x\",\"transactionIndex\":\"0x%x\",\"blockHash\":\"0x%064x\","
        "\"logIndex\":\"0x%x\",\"removed\":false}",
        index ? "," : "", index, index, index + 1, index + 2, index, FIRST_HEAD, index, index, FIRST_HEAD, index);
  logs_length += (size_t)sprintf(logs + logs_length, "]}");
}

/* The block that a tag or number names, as JSON. `null` above the head. */
static int write_block(char *to, const char *params) {
  unsigned long number = head();
  const char *tag = strchr(params, '"');
  if (tag && !strncmp(tag, "\"0x", 3)) number = strtoul(tag + 1, NULL, 16);
  else if (tag && (!strncmp(tag, "\"finalized", 10) || !strncmp(tag, "\"safe", 5))) number -= FINAL_DEPTH;
  else if (tag && !strncmp(tag, "\"earliest", 9)) number = 0;
  if (number > head()) return sprintf(to, "null}");
  return sprintf(
      to,
      "{\"number\":\"0x%lx\",\"hash\":\"0x%064lx\",\"parentHash\":\"0x%064lx\",\"timestamp\":\"0x%lx\",\"gasLimit\":\"0x%x\","
      "\"gasUsed\":\"0x0\",\"baseFeePerGas\":\"0x7\",\"miner\":\"0x%040x\",\"transactions\":[]}}",
      number, number + 1, number, (unsigned long)started + (number - FIRST_HEAD) * BLOCK_SECONDS, GAS_LIMIT, 0);
}

/* Writes the result for a method, and the brace that closes the envelope; sets `large` where the tail is shared. */
static int write_result(char *to, const char *method, const char *params, const char **large) {
#define IS(name) !strncmp(method, name "\"", sizeof name)
  if (IS("eth_call") || IS("eth_getBalance")) return sprintf(to, "\"0x%064x%064x\"}", 7, 9);
  if (IS("eth_getLogs")) {
    *large = logs;
    return sprintf(to, "[");
  }
  if (IS("eth_chainId")) return sprintf(to, "\"0x539\"}");
  if (IS("net_version")) return sprintf(to, "\"1337\"}");
  if (IS("eth_blockNumber")) return sprintf(to, "\"0x%lx\"}", head());
  if (IS("eth_getBlockByNumber")) return write_block(to, params);
  if (IS("eth_syncing")) return sprintf(to, "false}");
  if (IS("net_peerCount")) return sprintf(to, "\"0x32\"}");
  if (IS("web3_clientVersion")) return sprintf(to, "\"bench/1.0.0\"}");
  return sprintf(to, "\"0x%064x%064x\"}", 7, 9);
}

/* The raw text after `"name":` in a JSON-RPC envelope, or "" */
static const char *member(const char *body, const char *quoted) {
  const char *at = strstr(body, quoted);
  if (!at) return "";
  at += strlen(quoted);
  return at + strspn(at, " :");
}

/* Builds the answer to one request whose zero-terminated body is given. */
static void answer(struct connection *c, const char *body) {
  char result[ANSWER_LIMIT / 2];
  const char *id = member(body, "\"id\"");
  const char *method = member(body, "\"method\"");
  int id_length = (int)(*id == '"' ? strcspn(id + 1, "\"") + 2 : strcspn(id, ",} \n"));
  if (id_length == 0 || id_length > 64) id = "null", id_length = 4;
  c->large = NULL;
  int result_length = write_result(result, *method ? method + 1 : method, member(body, "\"params\""), &c->large);
  c->large_length = c->large ? logs_length : 0;
  const char envelope[] = "{\"jsonrpc\":\"2.0\",\"id\":";
  size_t content = sizeof envelope - 1 + (size_t)id_length + 10 + (size_t)result_length + c->large_length;
  c->answer_length = (size_t)sprintf(
      c->answer, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s%.*s,\"result\":%s", content,
      envelope, id_length, id, result);
  c->sent = 0;
}

static void drop(struct connection *c) {
  close(c->fd);
  free(c);
}

/* Sends what is left of the answer. 1 when all of it is gone, 0 when the socket is full, -1 when the peer is gone. */
static int flush(struct connection *c) {
  while (c->sent < c->answer_length + c->large_length) {
    size_t small = c->sent < c->answer_length ? c->answer_length - c->sent : 0;
    size_t skip = small ? 0 : c->sent - c->answer_length;
    struct iovec parts[2] = {{c->answer + c->sent, small}, {(char *)c->large + skip, c->large_length - skip}};
    ssize_t written = writev(c->fd, small ? parts : parts + 1, small && c->large_length ? 2 : 1);
    if (written < 0) return errno == EAGAIN ? 0 : -1;
    c->sent += (size_t)written;
  }
  return 1;
}

/* The length of the first whole request in `in`, with its body's offset; 0 when more is needed, -1 when it is no request. */
static long whole_request(const struct connection *c, size_t *body) {
  const char *end = strstr(c->in, "\r\n\r\n");
  if (!end) return c->used == REQUEST_LIMIT ? -1 : 0;
  const char *length = strcasestr(c->in, "\r\nContent-Length:");
  if (!length || length > end) return -1;
  *body = (size_t)(end + 4 - c->in);
  size_t total = *body + strtoul(length + sizeof "\r\nContent-Length:" - 1, NULL, 10);
  if (total > REQUEST_LIMIT) return -1;
  return c->used < total ? 0 : (long)total;
}

static void want_writable(struct connection *c, int wanted) {
  if (c->writable_wanted == wanted) return;
  c->writable_wanted = wanted;
  struct epoll_event event = {.events = wanted ? EPOLLOUT : EPOLLIN, .data.ptr = c};
  if (epoll_ctl(poller, EPOLL_CTL_MOD, c->fd, &event)) fail("epoll_ctl");
}

/* Answers all whole requests that have arrived, in order. -1 when the connection must be dropped. */
static int serve(struct connection *c) {
  for (;;) {
    int flushed = flush(c);
    if (flushed <= 0) return flushed < 0 ? -1 : (want_writable(c, 1), 0);
    want_writable(c, 0);
    size_t body = 0;
    long length = whole_request(c, &body);
    if (length <= 0) return (int)length;
    char after = c->in[length];
    c->in[length] = 0;
    answer(c, c->in + body);
    c->in[length] = after;
    c->used -= (size_t)length;
    memmove(c->in, c->in + length, c->used + 1);
  }
}

static void handle(struct connection *c, unsigned events) {
  if (!(events & EPOLLOUT)) {
    ssize_t got = read(c->fd, c->in + c->used, REQUEST_LIMIT - c->used);
    if (got < 0 && errno == EAGAIN) return;
    if (got <= 0) return drop(c);
    c->used += (size_t)got;
    c->in[c->used] = 0;
  }
  if (serve(c) < 0) drop(c);
}

static void accept_all(int listener) {
  for (int fd; (fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0;) {
    struct connection *c = calloc(1, sizeof *c);
    if (!c) fail("calloc");
    c->fd = fd;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
    if (epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event)) fail("epoll_ctl");
  }
}

/* Listeners stand in the poller as odd numbers, connections as (even) pointers. */
static void listen_on(unsigned index, unsigned short port) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int));
  unsigned host = 127u << 24 | 1u << 16 | (index / ADDRESSES_PER_BLOCK) << 8 | (index % ADDRESSES_PER_BLOCK + 1);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(host)};
  if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof address) || listen(fd, 1024)) fail("listen");
  struct epoll_event event = {.events = EPOLLIN, .data.u64 = (unsigned long)fd << 1 | 1};
  if (epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event)) fail("epoll_ctl");
}

int main(int count, char **arguments) {
  if (count != 4) return fprintf(stderr, "usage: upstream PORT ADDRESSES LARGE_BYTES\n"), 2;
  signal(SIGPIPE, SIG_IGN);
  struct rlimit files;
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  started = time(NULL);
  make_logs(strtoul(arguments[3], NULL, 10));
  poller = epoll_create1(0);
  for (unsigned index = 0; index < strtoul(arguments[2], NULL, 10); index++)
    listen_on(index, (unsigned short)strtoul(arguments[1], NULL, 10));
  struct epoll_event events[EVENTS];
  for (;;) {
    int ready = epoll_wait(poller, events, EVENTS, -1);
    if (ready < 0 && errno != EINTR) fail("epoll_wait");
    for (int index = 0; index < ready; index++) {
      if (events[index].data.u64 & 1) accept_all((int)(events[index].data.u64 >> 1));
      else handle(events[index].data.ptr, events[index].events);
    }
  }
}
