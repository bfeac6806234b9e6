/// Writes the links that pushes to a repository left out: by repairs, which are in the log like
/// others.
struct LinkCompletion: Sendable {
    let context: ChangeContext

    /// Completes the links of a repository. See `LeftOutLinks.find` for the parameters. Returns
    /// sentences, none if no link was left out.
    func complete(
        _ name: RepositoryName, allManifests: Bool, moved: LeftOutLinks.Moved
    ) async throws -> [String] {
        let finding = try await LeftOutLinks(registry: context.registry, name: name).find(
            allManifests: allManifests, moved: moved)
        guard !finding.repairs.isEmpty else { return [] }
        let plan = RepairPlan(
            targets: finding.repairs, impact: Impact(), notes: [], grace: context.driver.policy.delay)
        let results = await PlanExecution(context: context).run(plan)
        var notes: [String] = []
        let written = results.count { $0.outcome == .done }
        if written > 0 {
            let links = "\(written) link\(written == 1 ? "" : "s")"
            notes.append(
                finding.tags.isEmpty
                    ? "\(name) has got \(links) that pushes to it had left out"
                    : "\(tags(finding.tags, of: name)) pushed meanwhile and \(finding.tags.count == 1 ? "names" : "name") what had gone: "
                        + "\(name) holds it again as well (\(links) written)")
        }
        if let failed = results.first(where: { $0.outcome == .unknown || $0.outcome == .failed && $0.kind != nil }) {
            notes.append("\(name) lacks links still: \(failed.error ?? failed.target); regtop recover looks again")
        }
        return notes
    }

    private func tags(_ tags: [String], of name: RepositoryName) -> String {
        let shown = tags.prefix(3).map { "\(name):\($0)" }.joined(separator: ", ")
        if tags.count == 1 { return "\(shown) was" }
        return tags.count > 3 ? "\(shown) and \(tags.count - 3) more tags were" : "\(shown) were"
    }
}
