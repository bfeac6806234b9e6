import AdminCore
import ConsoleKit
import Presentation
import SafeText
import ArgumentParser

/// `regtop doctor`
struct DoctorCommand: StreamCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Check the installation and the connection, on one page for a bug report.",
        discussion: """
            doctor prints the versions, the terminal, the locale, the configuration files, the connection, the pool, the \
            capabilities of the client and the directory of the log. Each line says ok, or what to do. No line has a key. \
            doctor needs neither a cluster nor a terminal, and changes no store. It waits for a cluster no longer than \
            --connect-timeout for the connection, and the same for each answer.

            JSON: {ok, checks:[{name, ok, finding, advice}]}; advice is null if the check is ok.

            Exit status: 0 if every line is ok, else 1.

            EXAMPLES:
              regtop doctor
              regtop doctor -p registry --id regtop --connect-timeout 5s
              regtop doctor --store sqlite:copy.db
            """)

    @OptionGroup var store: StoreOptions
    @OptionGroup var format: FormatOptions

    func run(_ streams: StandardStreams) async throws {
        let terminal = TerminalFacts()
        let log = LogFile.begin(store.log)
        streams.divertLibraries(to: log?.descriptor)
        var options = store.session()
        options.readOnly = true
        options.rados.logFile = log?.path
        options.rados.operationTimeout = min(store.timeout, store.connectTimeout)
        var report = DoctorReport()
        report.addVersions(terminal)
        report.add(terminal)
        report.add(SettingsFile.read(), path: SettingsFile.path())
        report.addLog(log?.path, wanted: LogFile.path(store.log))
        await report.addStore(options)
        try Task.checkCancellation()
        let result = report
        try await streams.print(format.format, json: result.json, plain: result.plain)
        guard result.isSound else { throw CommandFailure.silent }
    }
}
