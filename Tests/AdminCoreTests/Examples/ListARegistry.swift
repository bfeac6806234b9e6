// The article of the same name shows the code between the marks; `ExampleTests` compares them.
// begin
import AdminCore

/// Returns a line for each repository, followed by a line for each of its tags.
func listing(of registry: RegistryReader) async throws -> [String] {
    // A pass reads each document once, even if several repositories share it.
    let pass = registry.pass()
    var lines: [String] = []
    for repository in try await pass.summaries(of: registry.repositoryNames()) {
        lines.append("\(repository.name)  \(repository.size) bytes  \(repository.state)")
        for tag in try await pass.tags(of: repository.name) {
            lines.append("  \(tag.tag)  \(tag.size) bytes  \(tag.state)")
        }
    }
    return lines
}

/// Lists the embedded sample registry.
func listSampleRegistry() async throws -> [String] {
    let session = try await Session.open(SessionOptions(location: .sample(path: nil), readOnly: true))
    let lines = try await listing(of: session.registry)
    await session.close()
    return lines
}
// end
