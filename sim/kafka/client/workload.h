// The application above the producer: it calls send() at its arrival times (C1.1), from one thread,
// so a send() that blocks shifts all that follow.
//
//   idle --arrival--> sending --burst done--> idle (next arrival armed)
//                        `--no metadata, no memory--> blocked --released, max.block.ms--> sending
#pragma once

#include "kafka/context.h"

namespace ackident {

struct Producer;

enum class Blocked : std::uint8_t { kNot, kOnMetadata, kOnMemory };

struct Application {
  // The current rate; WorkloadCommand changes it.
  Duration interval;
  std::uint32_t burst = 1;
  std::uint64_t records = 0;         // records sent or being sent; never restarts
  std::uint64_t arrivals_drawn = 0;  // never restarts: keys the gaps
  std::uint32_t burst_left = 0;      // records of this arrival still to send
  std::uint32_t record_bytes = 0;    // of the record that is being sent
  std::uint32_t partition = 0;       // its partition, or kNoSticky while none is chosen
  Blocked blocked = Blocked::kNot;
  Instant blocked_until;  // max.block.ms after the send() began
  Instant next_arrival = kNever;

  bool operator==(const Application&) const = default;
};

// The process started: the workload begins or goes on.
void start_application(Producer&, Context&);
// The time for send() has come. True: the sender must run (C1.1 step 6).
bool on_arrival(Producer&, Context&);
// Metadata came or memory was freed: a blocked send() tries again. True: the sender must run.
bool resume_application(Producer&, Context&);
// max.block.ms is over: the blocked send() fails, the next one is called. Then the sender must run.
void on_block_timeout(Producer&, Context&);
void on_command(Producer&, const WorkloadCommand&, Context&);
// close(): nothing more is sent; a blocked send() fails.
void stop_application(Producer&, Context&);

}  // namespace ackident
