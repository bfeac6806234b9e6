import Foundation
import PackagePlugin

/// Writes the version of the build as Swift source, `enum BuildVersion`, for the target of the
/// plugin.
///
/// The script runs again if an input is newer: the files that git changes when it commits, checks
/// out, stages or tags, and the sources (an edited tree is "-dirty"). It keeps a file with the
/// right version, so that nothing is compiled again. A prebuild command would not work: SwiftPM
/// does not plan an unchanged package again, and then runs no prebuild command.
@main
struct VersionPlugin: BuildToolPlugin {
    func createBuildCommands(context: PluginContext, target: any Target) throws -> [Command] {
        let root = context.package.directoryURL
        let script = root.appending(path: "scripts/version")
        let output = context.pluginWorkDirectoryURL.appending(path: "BuildVersion.swift")
        // Another compiler is another build.
        let compiler = try context.tool(named: "swift").url
        return [
            .buildCommand(
                displayName: "Version from git",
                executable: URL(filePath: "/bin/sh"),
                arguments: [script.path, "--swift", output.path, compiler.path],
                inputFiles: [script, compiler] + gitFiles(of: root) + sources(of: target),
                outputFiles: [output]
            )
        ]
    }

    /// The sources of a target and of those targets of this package that it is built from.
    private func sources(of target: any Target) -> [URL] {
        let own = target.dependencies.flatMap { dependency -> [URL] in
            if case .target(let other) = dependency { sources(of: other) } else { [] }
        }
        return (target.sourceModule?.sourceFiles.map(\.url) ?? []) + own
    }

    /// The existing files that git writes when the answer of `git describe` may change (a missing
    /// input is an error). None in a source archive.
    private func gitFiles(of root: URL) -> [URL] {
        let git = root.appending(path: ".git")
        let names = ["HEAD", "logs/HEAD", "index", "packed-refs", "refs/tags"]
        return names.map { git.appending(path: $0) }.filter { FileManager.default.fileExists(atPath: $0.path) }
    }
}
