@testable import ObjectStore
@testable import StorageDriver
import Synchronization
import Testing

/// Injects faults at every operation of every verb, and checks the reported error and the state of
/// the store.
@Suite struct TruthTests {
    /// A way in which one operation fails.
    struct Fault: Sendable {
        let name: String
        let kind: StoreError.Kind
        let errno: Int32
        /// Nil if the operation fails and is not executed. Otherwise the outcome of a write is
        /// unknown, and the value tells whether the store executes it.
        var applied: Bool?

        static let all = [
            Fault(name: "ETIMEDOUT, done", kind: .timedOut, errno: 110, applied: true),
            Fault(name: "ETIMEDOUT, not done", kind: .timedOut, errno: 110, applied: false),
            Fault(name: "EPERM", kind: .permissionDenied, errno: 1),
            Fault(name: "EIO", kind: .inputOutput, errno: 5),
            Fault(name: "ENOSPC", kind: .full, errno: 28),
            Fault(name: "EDQUOT", kind: .full, errno: 122),
            Fault(name: "ESHUTDOWN", kind: .blocklisted, errno: 108),
        ]

        func error(_ step: RecordingStore.Step) -> StoreError {
            StoreError(
                kind, operation: step.operation.isWrite ? "write" : "read", object: step.operation.object, errno: errno,
                reason: "injected")
        }

        func fault(_ step: RecordingStore.Step) -> RecordingStore.Fault {
            switch applied {
            case nil: .failed(error(step))
            case true?: .unknownApplied(error(step))
            case false?: .unknownNotApplied(error(step))
            }
        }
    }

    /// Injects every fault at every operation of the driver's verbs. A change by `RegistryAdmin`
    /// has more operations of the same kinds: there each operation meets both timeouts and one of
    /// the other faults in turn.
    @Test(arguments: ChangingVerb.all)
    func aFaultIsNamedAndNothingIsHalfDone(_ verb: ChangingVerb) async throws {
        let stage = try await verb.stage()
        let isAdmins = !ChangingVerb.driver.contains { $0.name == verb.name }
        var injected = 0
        var number = 1
        var isWithin = true
        while isWithin {
            for (index, fault) in Fault.all.enumerated() where !isAdmins || index < 2 || number % 5 == index - 2 {
                let met = Mutex<RecordingStore.Step?>(nil)
                let ending = try await stage.run { [number] step in
                    guard step.number == number else { return nil }
                    met.withLock { $0 = step }
                    return fault.fault(step)
                }
                guard let step = met.withLock({ $0 }) else {
                    isWithin = false
                    break
                }
                try await check(verb, fault, step, ending)
                injected += 1
            }
            number += 1
        }
        print("\ntruth: \(verb.name): \(injected) faults")
    }

    private func check(
        _ verb: ChangingVerb, _ fault: Fault, _ step: RecordingStore.Step, _ ending: ChangingVerb.Ending
    ) async throws {
        let what = "\(verb.name), \(fault.name) at \(step)"
        var census = try await PoolCensus(ending.store.driver().reader)
        try verb.expectWhole(census, what)
        if ending.error != nil, !verb.passing.isEmpty {
            // A recovery completes a change whose files are claimed; it does not take the change
            // back.
            _ = try await ending.store.driver().recover()
            census = try await PoolCensus(ending.store.driver().reader)
            try verb.expectWhole(census, "\(what), recovered")
        }
        #expect(census.unlisted.isEmpty, "\(what): \(census.unlisted)")
        guard let error = ending.error else {
            // The change is done even if the log cannot be written.
            if step.operation.object?.isLog == true { return try verb.expectDone(census, what) }
            if fault.kind == .full, step.operation.object == Journal.object {
                // A full pool refuses the intent to prune. The references are removed nevertheless,
                // and the emptied directories stay.
                #expect(
                    try census.contents == Dictionary(uniqueKeysWithValues: verb.after.map { (try path($0), $1) }),
                    "\(what)")
                #expect(census.twice.isEmpty, "\(what)")
                return
            }
            // If a write was executed but not acknowledged, the driver finds that out by reading
            // back. Every other fault must be reported.
            #expect(step.operation.isWrite && fault.applied == true, "\(what)")
            try verb.expectDone(census, what)
            return
        }
        #expect(!(step.operation.isWrite && fault.applied == true), "\(what): \(error)")
        #expect(!isNotFound(error), "\(what): \(error)")
        #expect(!isUnknown(error), "\(what): \(error)")
        #expect("\(error)".contains(fault.error(step).description), "\(what): \(error)")
        #expect(census.twice.isEmpty, "\(what): \(census.twice)")
    }

    /// The part that does not answer any more after the outcome of a write is unknown.
    enum Silence: CaseIterable, Sendable {
        case object, store
    }

    @Test(arguments: ChangingVerb.all, Silence.allCases)
    func aWriteThatCannotBeReadBackHasAnUnknownOutcome(_ verb: ChangingVerb, _ silence: Silence) async throws {
        let stage = try await verb.stage()
        var number = 1
        for applied in [true, false] {
            let fault = Fault(name: "silence", kind: .timedOut, errno: 110, applied: applied)
            number = 1
            while true {
                let met = Mutex<RecordingStore.Step?>(nil)
                let ending = try await stage.run { [number] step in
                    met.withLock { met in
                        if step.write == number {
                            met = step
                            return fault.fault(step)
                        }
                        guard let met else { return nil }
                        switch silence {
                        case .store: return .failed(fault.error(step))
                        case .object:
                            return step.operation.object == met.operation.object && !step.operation.isWrite
                                ? .failed(fault.error(step)) : nil
                        }
                    }
                }
                guard let step = met.withLock({ $0 }) else { break }
                let what = "\(verb.name), silence of the \(silence) at \(step)"
                let census = try await PoolCensus(ending.store.driver().reader)
                try verb.expectWhole(census, what)
                number += 1
                // A failed write to the log is reported separately from the results.
                if step.operation.object?.isLog == true { continue }
                let error = try #require(ending.error, "\(what)")
                #expect(isUnknown(error), "\(what): \(error)")
                #expect("\(error)".contains(fault.error(step).description), "\(what): \(error)")
            }
        }
        print("\ntruth: \(verb.name): \(2 * (number - 1)) unknown outcomes, the \(silence) silent")
    }

    private func isNotFound(_ error: any Error) -> Bool {
        if case .notFound = error as? StorageError { return true }
        return "\(error)".contains("does not exist")
    }

    private func isUnknown(_ error: any Error) -> Bool {
        if case .outcomeUnknown = error as? StorageError { return true }
        return (error as? AdminRefusal)?.isUnknown ?? false
    }
}
