/*
 * A beacon node for `npm run bench:validators` that costs next to nothing and knows nothing: it answers what it was told
 * to answer.
 *
 *   beacon-node PORT
 *
 * One thread, epoll, HTTP/1.1 keep-alive on 127.0.0.1. `PUT target` stores its body as the whole response (status line,
 * headers, body) to `GET` or `POST target`; with `x-encoding: ssz` for those who accept octets first; an empty body takes
 * it away. A target that is not known with its query is looked up without it. Bodies of a `POST` are read and forgotten; one without a stored response
 * is answered with an empty 200, an unknown `GET` with 404. `GET /eth/v1/events` is an event stream; what is posted to
 * `/bench/events` goes to all streams as it is.
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
#include <unistd.h>

enum { READ_LIMIT = 65536, TARGET_LIMIT = 512, EVENTS = 64, RESPONSES = 4096 };

struct response {
  int users;
  size_t length;
  char bytes[];
};

struct entry {
  char target[TARGET_LIMIT];
  int ssz;
  struct response *response;
};

enum { READING_HEAD, READING_BODY, SENDING, STREAMING };

struct connection {
  int fd, state, writable_wanted;
  int put, post, ssz, event;
  size_t used;                /* bytes of `in` that are not looked at yet */
  size_t body_left, stored, sent;
  struct response *body;      /* what is being put, or told to the streams */
  struct response *sending;
  struct connection *next, *previous; /* among the streams */
  char target[TARGET_LIMIT];
  char in[READ_LIMIT + 1];
};

static struct entry entries[RESPONSES];
static size_t entry_count;
static struct connection *streams;
static struct response *empty, *unknown;
static int poller;

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static struct response *new_response(size_t length) {
  struct response *made = malloc(sizeof *made + length);
  if (!made) fail("malloc");
  made->users = 1;
  made->length = length;
  return made;
}

static struct response *fixed(const char *text) {
  struct response *made = new_response(strlen(text));
  memcpy(made->bytes, text, made->length);
  return made;
}

static void release(struct response *response) {
  if (response && --response->users == 0) free(response);
}

static struct entry *find(const char *target, size_t length, int ssz) {
  for (size_t index = 0; index < entry_count; index++) {
    struct entry *one = &entries[index];
    if (one->ssz == ssz && !strncmp(one->target, target, length) && !one->target[length]) return one;
  }
  return NULL;
}

static void store(const char *target, int ssz, struct response *response) {
  struct entry *known = find(target, strlen(target), ssz);
  if (!known) {
    /* The first ones are asked for all the time; the others are headers, of which the newest is wanted. */
    if (entry_count == RESPONSES) entry_count = RESPONSES / 2;
    known = &entries[entry_count++];
    release(known->response);
    strcpy(known->target, target);
    known->ssz = ssz;
    known->response = NULL;
  }
  release(known->response);
  known->response = response;
}

static struct response *answer_to(const char *target, int ssz) {
  size_t lengths[] = {strlen(target), strcspn(target, "?")};
  for (int wanted = ssz; wanted >= 0; wanted--)
    for (int index = 0; index < 2; index++) {
      struct entry *known = find(target, lengths[index], wanted);
      if (known && known->response->length > 0) return known->response;
    }
  return NULL;
}

static void unlink_stream(struct connection *c) {
  if (c->state != STREAMING) return;
  if (c->previous) c->previous->next = c->next;
  else streams = c->next;
  if (c->next) c->next->previous = c->previous;
}

static void drop(struct connection *c) {
  unlink_stream(c);
  release(c->sending);
  release(c->body);
  close(c->fd);
  free(c);
}

static void want_writable(struct connection *c, int wanted) {
  if (c->writable_wanted == wanted) return;
  c->writable_wanted = wanted;
  struct epoll_event event = {.events = wanted ? EPOLLOUT : EPOLLIN, .data.ptr = c};
  if (epoll_ctl(poller, EPOLL_CTL_MOD, c->fd, &event)) fail("epoll_ctl");
}

static void begin_sending(struct connection *c, struct response *response) {
  response->users++;
  c->sending = response;
  c->sent = 0;
  c->state = SENDING;
}

/* A request is complete. */
static void respond(struct connection *c) {
  if (c->put) {
    store(c->target, c->ssz, c->body);
    c->body = NULL;
    begin_sending(c, empty);
    return;
  }
  if (c->event) {
    for (struct connection *one = streams; one; one = one->next)
      if (write(one->fd, c->body->bytes, c->body->length) < 0 && errno != EAGAIN && errno != EPIPE) fail("write");
    release(c->body);
    c->body = NULL;
    begin_sending(c, empty);
    return;
  }
  struct response *known = answer_to(c->target, c->ssz);
  begin_sending(c, known ? known : c->post ? empty : unknown);
}

static int begins(const char *text, const char *with) { return !strncmp(text, with, strlen(with)); }

/* Reads the head that ends at `end`. 0 when it is no request. */
static int read_head(struct connection *c, const char *end) {
  char *space = memchr(c->in, ' ', (size_t)(end - c->in));
  char *after = space ? strpbrk(space + 1, " \r") : NULL;
  if (!after || after - space - 1 >= TARGET_LIMIT) return 0;
  size_t length = (size_t)(after - space - 1);
  memcpy(c->target, space + 1, length);
  c->target[length] = 0;
  const char *declared = strcasestr(c->in, "\r\ncontent-length:");
  c->body_left = declared && declared < end ? strtoul(declared + sizeof "\r\ncontent-length:" - 1, NULL, 10) : 0;
  const char *accept = strcasestr(c->in, "\r\naccept: application/octet-stream");
  const char *encoding = strcasestr(c->in, "\r\nx-encoding: ssz");
  c->ssz = (accept && accept < end) || (encoding && encoding < end);
  c->put = begins(c->in, "PUT ");
  c->post = begins(c->in, "POST ");
  c->event = begins(c->in, "POST /bench/events ");
  c->stored = 0;
  if (c->put || c->event) c->body = new_response(c->body_left);
  return 1;
}

static int is_stream(const struct connection *c) { return begins(c->in, "GET ") && begins(c->target, "/eth/v1/events"); }

static int open_stream(struct connection *c) {
  static const char head[] =
      "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-cache\r\nConnection: close\r\n\r\n:\n\n";
  if (write(c->fd, head, sizeof head - 1) != sizeof head - 1) return -1;
  c->state = STREAMING;
  c->previous = NULL;
  c->next = streams;
  if (streams) streams->previous = c;
  streams = c;
  return 0;
}

static void take(struct connection *c, size_t bytes) {
  c->used -= bytes;
  memmove(c->in, c->in + bytes, c->used + 1);
}

/* Goes on with what has arrived. -1 when the connection must be dropped. */
static int serve(struct connection *c) {
  for (;;) {
    if (c->state == STREAMING) return c->used = 0, 0;
    if (c->state == SENDING) {
      while (c->sent < c->sending->length) {
        ssize_t written = write(c->fd, c->sending->bytes + c->sent, c->sending->length - c->sent);
        if (written < 0) return errno == EAGAIN ? (want_writable(c, 1), 0) : -1;
        c->sent += (size_t)written;
      }
      want_writable(c, 0);
      release(c->sending);
      c->sending = NULL;
      c->state = READING_HEAD;
    }
    if (c->state == READING_HEAD) {
      const char *end = strstr(c->in, "\r\n\r\n");
      if (!end) return c->used == READ_LIMIT ? -1 : 0;
      if (!read_head(c, end)) return -1;
      if (is_stream(c)) {
        if (open_stream(c)) return -1;
        continue;
      }
      take(c, (size_t)(end + 4 - c->in));
      c->state = READING_BODY;
    }
    size_t part = c->used < c->body_left ? c->used : c->body_left;
    if (c->body) memcpy(c->body->bytes + c->stored, c->in, part);
    c->stored += part;
    c->body_left -= part;
    take(c, part);
    if (c->body_left > 0) return 0;
    respond(c);
  }
}

static void handle(struct connection *c, unsigned events) {
  if (!(events & EPOLLOUT)) {
    ssize_t got = read(c->fd, c->in + c->used, READ_LIMIT - c->used);
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

int main(int count, char **arguments) {
  if (count != 2) return fprintf(stderr, "usage: beacon-node PORT\n"), 2;
  signal(SIGPIPE, SIG_IGN);
  empty = fixed("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  unknown = fixed("HTTP/1.1 404 Not Found\r\nContent-Type: application/json\r\nContent-Length: 34\r\n\r\n"
                  "{\"code\":404,\"message\":\"not known\"}");
  poller = epoll_create1(0);
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int));
  struct sockaddr_in address = {
      .sin_family = AF_INET, .sin_port = htons((unsigned short)atoi(arguments[1])), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  if (listener < 0 || bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, 1024)) fail("listen");
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};
  if (epoll_ctl(poller, EPOLL_CTL_ADD, listener, &event)) fail("epoll_ctl");
  struct epoll_event events[EVENTS];
  for (;;) {
    int ready = epoll_wait(poller, events, EVENTS, -1);
    if (ready < 0 && errno != EINTR) fail("epoll_wait");
    for (int index = 0; index < ready; index++) {
      if (events[index].data.ptr) handle(events[index].data.ptr, events[index].events);
      else accept_all(listener);
    }
  }
}
