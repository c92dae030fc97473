// Leader election as a pure function: where a partition stands, which replicas shall be in its ISR
// and which may lead, give where it stands next (R5.30 - R5.33).
#pragma once

#include <optional>

#include "kafka/composition.h"
#include "kafka/metadata.h"

namespace ackident {

enum class ElectionMode : std::uint8_t {
  kOnline,     // only members of the ISR
  kUnclean,    // failing that, any live replica
  kPreferred,  // the first replica, if it is in the ISR
};

struct PartitionChange {
  PartitionRegistration state;  // partition epoch already raised
  bool unclean = false;         // the new leader was not in the ISR
};

// `acceptable`: replicas whose broker is registered, unfenced and not shutting down. Nothing is
// returned if the partition stays as it is.
std::optional<PartitionChange> change_partition(const PartitionRegistration& before,
                                                const ReplicaList& target_isr,
                                                const ReplicaList& acceptable, ElectionMode mode,
                                                const Composition& composition);

// Is a member of `before` missing in `after`?
bool is_shrunk(const ReplicaList& before, const ReplicaList& after);

}  // namespace ackident
