// The network: what becomes of a message between two nodes. It knows nodes, connections and bytes,
// and nothing of the protocol above it.
//
// A connection is opened by its initiator when it first sends, and is in order in both directions,
// as TCP is: one lane (FIFO of the event queue) for requests, one for responses. Connections of one
// pair of nodes are told apart by a channel number.
//
//   Closed --send--> Open          handshake: the first message arrives one round trip later
//          --send--> (refused)     nobody listens: Disconnected(refused) after one round trip
//          --send--> (timeout)     host off or cut: Disconnected(setup timeout) after the time given
//   Open   --peer's process dies, host up--> the bytes already sent arrive, then Disconnected(reset)
//          --host off, cut--> silence; messages wait. After heal they arrive (retransmission); after
//                             the host is back its kernel answers with a reset
//          --initiator closes--> answers are dropped; requests already sent arrive, then
//                             Disconnected(reset) at the acceptor
// One request at a time is served per connection (C0.8): a delivered request that expects an answer
// mutes its lane until the answer is sent or the connection ends.
#pragma once
