package doctor

import "sockeye/sock"

// Rules are all rules, in the order of their names.
var Rules = []*Rule{
	acceptQueueFull, closeWaitLeak, closingStuck, connectFailed, datagramDrops, deletedProgram, exposedService, halfOpen,
	idleWithoutKeepalive, memoryPressure, orphans, pathMTU, portExhaustion, receiveWindow, receiverStalled, reordering,
	retransmissions, rtoBackoff, sendBuffer, sendQueueGrows, shadowedListener, spuriousRetransmissions, synFlood, synSentStuck,
	timeWait, zeroWindow,
}

// Needs are the facts of sockets that the rules look at.
const Needs = sock.FieldLocal | sock.FieldRemote | sock.FieldRecvQueue | sock.FieldSendQueue | sock.FieldBacklog | sock.FieldCookie |
	sock.FieldTCPInfo | sock.FieldTimer | sock.FieldMemory | sock.FieldOwners | sock.FieldExe | sock.FieldV6Only | sock.FieldInterface | sock.FieldNetns
