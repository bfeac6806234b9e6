import Testing

@testable import Inspection
@testable import Registry
@testable import SampleRegistry

/// One judgement of content, whoever asks: fsck, `show`, `chunks`, and the screens above them.
@Suite struct JudgementTests {
    /// On every kind of damage in the sample.
    @Test func imagesAndBlobsAreJudgedAsFsckDoes() async throws {
        let registry = try await SampleStore(.all).registry
        let inspector = BlobInspector(registry: registry)
        let pass = registry.pass()
        let report = await Fsck(registry: registry, options: FsckOptions(clock: .test)).run()
        var seen: [TagSummary.State: Int] = [:]
        for name in try await registry.repositoryNames() {
            for listed in try await pass.tags(of: name) {
                guard listed.digest != nil else { continue }
                let reference = try #require(ImageReference(name, .tag(listed.tag)))
                let image = try await inspector.judged(reference, in: pass).image
                for layer in image.layers {
                    let blob = try await inspector.report(on: .digest(layer.digest))
                    let found = report.problems.first { $0.path == blob.path }
                    let state = BlobReport.State(judged: try await inspector.problem(of: blob))
                    #expect(state == BlobReport.State(judged: found), "\(reference)")
                    #expect(layer.state.rawValue == state.rawValue, "\(reference)")
                    // A list is never more certain than the content.
                    if listed.state == .ok { #expect(layer.state == .ok, "\(reference)") }
                }
                #expect(image.state != .suspect && (image.state == .damaged) == !image.problems.isEmpty)
                #expect((image.state == .waste) == (listed.state == .suspect), "\(reference)")
                seen[image.state, default: 0] += 1
            }
        }
        #expect(seen[.waste] == 2 && seen[.damaged] == 4, "\(seen)")
    }
}
