#if RADOS
import CRados
import Foundation
import Synchronization

/// The question whether the DNS knows the monitors, asked before librados asks it: librados prints a paragraph where the answer is no, and
/// cannot say that it came late.
final class ServiceLookup: Sendable {
    /// Why the DNS does not help.
    enum Failure {
        case none, silent, late, unusable
    }

    private struct State {
        var isRunning = false
        var place = "the configuration"
        var service = "_ceph-mon._tcp"
    }

    private let state = Mutex(State())

    /// True while the DNS has not answered.
    var isRunning: Bool { state.withLock { $0.isRunning } }

    /// Looks the monitors up, which blocks: for longer than `limit` where many servers and domains are configured. Throws `.notConfigured` if
    /// there are none.
    func run(_ raw: rados_t, _ configuration: RadosConfiguration, _ limit: Duration) throws {
        // As librados reads it: the service, and behind an underscore the domain.
        let name = (RadosConnection.setting(raw, "mon_dns_srv_name") ?? "ceph-mon")
            .split(separator: "_", maxSplits: 1).map(String.init)
        let domain = name.count == 2 ? ".\(name[1])" : ""
        let service = "_\(name.first ?? "ceph-mon")._tcp\(domain)"
        state.withLock { state in
            state = State(isRunning: true, place: configuration.file ?? state.place, service: service)
        }
        let count = crados_count_services(service, Int32(clamping: limit.wholeSeconds))
        state.withLock { $0.isRunning = false }
        guard count <= 0 else { return }
        throw failure(count == -TRY_AGAIN ? .silent : .none, limit)
    }

    /// The error that says why there are no monitors.
    func failure(_ failure: Failure, _ limit: Duration) -> StoreError {
        let (place, service) = state.withLock { (ByteString($0.place), ByteString($0.service)) }
        let reason =
            switch failure {
            case .none: "the DNS has no SRV records of \(service)"
            case .silent: "the DNS does not say whether it has SRV records of \(service)"
            case .late: "the DNS did not say within \(limit.wholeSeconds) s whether it has SRV records of \(service)"
            case .unusable:
                "the SRV records of \(service) are of no use: their targets need addresses and the domain of the records"
            }
        return StoreError(
            .notConfigured, operation: "connect",
            reason: "\(place) names no monitor (mon_host), and \(reason); "
                + "name another ceph.conf with --conf, or the monitors with --mon-host")
    }
}
#endif
