#ifndef CRADOS_SHIM_H
#define CRADOS_SHIM_H

// A system library rather than a C target: SwiftPM compiles every C target of the root package, also where the trait
// RADOS is off and librados is not installed. Declarations only; what needs code is static inline.
#include <rados/librados.h>

#endif
