#if RADOS
import Foundation
import Testing

@testable import RadosStore

/// The different answers of the monitors of other releases.
@Suite(.timeLimit(.minutes(15)))
struct OlderClusterTests {
    private static let jewel = """
        {"health":{"health":{"health_services":[]},"timechecks":{"epoch":3,"round":0,"round_status":"finished"},
        "summary":[],"overall_status":"HEALTH_OK","detail":[]},"fsid":"7a1c","election_epoch":3,"quorum":[0],
        "osdmap":{"osdmap":{"epoch":12,"num_osds":3,"num_up_osds":2,"num_in_osds":3,"full":false,"nearfull":false}}}
        """
    private static let luminous = """
        {"fsid":"7a1c","health":{"checks":{},"status":"HEALTH_OK","summary":[{"severity":"HEALTH_WARN","summary":"'ceph \
        health' JSON format has changed in luminous"}],"overall_status":"HEALTH_WARN"},
        "osdmap":{"osdmap":{"epoch":12,"num_osds":3,"num_up_osds":3,"num_in_osds":3}},"mgrmap":{"epoch":1}}
        """
    private static let nautilus = """
        {"health":{"status":"HEALTH_ERR","checks":{},"mutes":[]},"osdmap":{"epoch":12,"num_osds":5,"num_up_osds":4}}
        """

    @Test func statusOfEachRelease() throws {
        let cases: [(text: String, health: String?, osds: Int?, osdsUp: Int?)] = [
            (Self.jewel, "HEALTH_OK", 3, 2), (Self.luminous, "HEALTH_OK", 3, 3), (Self.nautilus, "HEALTH_ERR", 5, 4),
            // The health is shown even without the counts.
            ("{\"health\":{\"status\":\"HEALTH_WARN\"},\"osdmap\":{\"osdmap\":{}}}", "HEALTH_WARN", nil, nil),
            ("{\"health\":{\"status\":\"HEALTH_WARN\"},\"osdmap\":{\"num_osds\":\"3\"}}", "HEALTH_WARN", nil, nil),
            ("{\"health\":{\"status\":\"HEALTH_WARN\"}}", "HEALTH_WARN", nil, nil), ("{}", nil, nil, nil),
        ]
        for (text, health, osds, osdsUp) in cases {
            let answer = try JSONDecoder().decode(ClusterAnswer.self, from: Data(text.utf8))
            #expect(answer.health == health)
            #expect(answer.osds == osds)
            #expect(answer.osdsUp == osdsUp)
        }
    }

    /// The answer lacks the numbers of the pools; librados knows them.
    @Test func poolsWithoutTheirNumbers() async throws {
        let cluster = try await TestCluster.shared()
        try await cluster.withPool { pool in
            let text = """
                [{"pool_name":"\(pool)","flags":1,"flags_names":"hashpspool","type":1,"size":3,"min_size":2,
                "crush_ruleset":0,"object_hash":2,"pg_num":64,"pg_placement_num":64,"tiers":[],"options":{}},
                {"pool_name":"gone-\(pool)","type":3}]
                """
            let rows = try JSONDecoder().decode([PoolDetails.Row].self, from: Data(text.utf8))
            let connection = try await RadosConnector(cluster.options()).connect()
            let (found, listed) = try await (PoolDetails.of(rows, connection), PoolDetails.all(connection))
            await connection.close()
            let details = try #require(found.first)
            #expect(found.count == 1)
            #expect(details.id == listed.first { $0.name == pool }?.id)
            #expect(details.name == pool && !details.isErasureCoded)
            #expect(details.replicas == 3 && details.placementGroups == 64)
        }
    }
}
#endif
