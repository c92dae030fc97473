// What happens to partitions when a broker comes, goes or leaves in order, and when the operator or
// a clock asks for an election (R5.27 - R5.29, R5.35, R5.36, R5.38).
#pragma once

#include "kafka/context.h"
#include "kafka/controller/election.h"

namespace ackident {

struct Controller;

// Appends the partition's new state and notes what became true. `mode` is the election asked for.
void write_partition(Controller&, PartitionId, const PartitionChange&, ElectionMode mode, Context&);

// Writes the record that fences `broker` and takes it out of ISRs and leaderships (R5.27).
void fence_broker(Controller&, NodeId broker, Context&);
// Takes `broker`, whose record already says that it may not lead, out of ISRs and leaderships.
void remove_from_partitions(Controller&, NodeId broker, Context&);
// Writes the record that unfences `broker` and elects where nobody leads (R5.28).
void unfence_broker(Controller&, NodeId broker, Context&);
void elect_leaderless(Controller&, Context&);
// Marks `broker` as shutting down and moves what it leads (R5.29).
void begin_controlled_shutdown(Controller&, NodeId broker, Context&);
// ZooKeeper: moves away what others in sync can take over; the rest stays.
void hand_over_partitions(Controller&, NodeId broker, Context&);
// Does `broker` lead anything that its controlled shutdown has to wait for?
bool has_leaderships(const Controller&, NodeId broker, const Context&);

void handle_elect_leaders(Controller&, const ElectLeadersCommand&, Context&);
void handle_alter_topic_config(Controller&, const AlterTopicConfigCommand&, Context&);
// Elects for leaderless partitions whose topics allow an unclean leader (R5.35).
void sweep_unclean(Controller&, Context&);
// Led by another than its preferred replica, or by nobody (R5.38).
bool is_imbalanced(const PartitionRegistration&);
// Moves leaders back to preferred replicas; true if more remain than one run may move (R5.38).
bool rebalance_leaders(Controller&, Context&);

}  // namespace ackident
