import AdminCore
import ConsoleKit
import Presentation
import Foundation
import Yams

/// Reads the configuration file, `$XDG_CONFIG_HOME/regtop/config.yml` or
/// `~/.config/regtop/config.yml`.
///
///     registries:
///       prod: {pool: registry, conf: /etc/ceph/prod.conf, name: client.regtop, read-only: true}
///       copy: {store: "sqlite:/srv/copy.db"}
///     tables:
///       repositories: {sort: size, columns: [name, size, modified, state]}
///       tags: {sort: created, descending: true}
///     retention:
///       "app/*": {keep: 10, keep-tags: [latest, "v*"], by: created}
///       "**": {where: age>1y}
///     mouse: false
///     theme: light
///     colors: {bad: bold 160, selected: "white on #005f87"}
///     keys: {delete: x, delete-now: []}
///     confirm: always-typed
///
/// A mistake becomes a problem of the settings, with its line and column; the rest of the file
/// holds.
nonisolated struct SettingsFile {
    private let path: String
    var settings = Settings()
    /// The keys of commands in the file.
    var keyNodes: [String: [Node]] = [:]

    /// The path of the file; nil without a home directory.
    static func path(_ environment: [String: String] = ProcessInfo.processInfo.environment) -> String? {
        if let directory = environment["XDG_CONFIG_HOME"], directory.hasPrefix("/") {
            return directory + "/regtop/config.yml"
        }
        return environment["HOME"].flatMap { $0.isEmpty ? nil : $0 + "/.config/regtop/config.yml" }
    }

    /// Reads the user's file; without one, all settings have their defaults.
    static func read(_ path: String? = Self.path()) -> Settings {
        guard let path else { return Settings() }
        do {
            guard let data = try RegularFile.read(path, limit: 1 << 20) else { return Settings() }
            var settings = parse(String(decoding: data, as: UTF8.self), path: path)
            settings.path = path
            return settings
        } catch {
            return Settings(path: path, confirmation: .alwaysTyped, problems: [error.description])
        }
    }

    /// Reads the text of the file. `path` is for complaints.
    static func parse(_ text: String, path: String) -> Settings {
        var file = SettingsFile(path: path)
        do {
            if let root = try Yams.compose(yaml: text) { file.take(root) }
        } catch let error as YamlError {
            // The file may ask for it: a mistake asks for more, not for less.
            file.settings.confirmation = .alwaysTyped
            file.take(error)
        } catch {
            file.settings.problems.append("\(path): \(error)")
        }
        return file.settings
    }

    private init(path: String) {
        self.path = path
    }

    // MARK: - Problems

    private func place(_ mark: Mark?) -> String { mark.map { "\(path):\($0.line):\($0.column)" } ?? path }

    mutating func complain(_ node: Node, _ text: String) {
        settings.problems.append("\(place(node.mark)): \(text)")
    }

    private mutating func take(_ error: YamlError) {
        switch error {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            settings.problems.append("\(place(mark)): \(problem)")
        default: settings.problems.append("\(path): not valid YAML")
        }
    }

    // MARK: - Sections

    private mutating func take(_ root: Node) {
        each(of: root, "the file") { file, key, value in
            switch key.string {
            case "registries":
                file.each(of: value, "\"registries\"") { $0.registry($1, $2) }
            case "tables":
                file.each(of: value, "\"tables\"") { $0.table($1, $2) }
            case "retention":
                file.each(of: value, "\"retention\"") { $0.rule($1, $2) }
            case "mouse": file.settings.hasMouse = file.flag(value) ?? true
            case "details": file.settings.hasDetails = file.flag(value) ?? true
            case "theme": file.theme(value)
            case "colors": file.each(of: value, "\"colors\"") { $0.paint($1, $2) }
            case "keys": file.each(of: value, "\"keys\"") { $0.keys($1, $2) }
            case "confirm": file.confirmation(value)
            default:
                file.unknown(
                    key,
                    ["registries", "tables", "retention", "mouse", "details", "theme", "colors", "keys", "confirm"])
            }
        }
        checkKeys()
    }

    private mutating func registry(_ name: Node, _ node: Node) {
        var registry = Settings.Registry()
        each(of: node, "a registry") { file, key, value in
            switch key.string {
            case "store": registry.store = file.text(value)
            case "pool": registry.pool = file.text(value)
            case "conf": registry.conf = file.text(value)
            case "name": registry.name = file.text(value)
            case "keyring": registry.keyring = file.text(value)
            case "mon-host": registry.monHost = file.text(value)
            case "read-only": registry.readOnly = file.flag(value) ?? true
            default: file.unknown(key, ["store", "pool", "conf", "name", "keyring", "mon-host", "read-only"])
            }
        }
        if let name = name.string { settings.registries[name] = registry }
    }

    private mutating func table(_ name: Node, _ node: Node) {
        guard let known = name.string, ["repositories", "tags"].contains(known) else {
            return unknown(name, ["repositories", "tags"])
        }
        var table = TableSettings()
        each(of: node, "a table") { file, key, value in
            switch key.string {
            case "sort": table.sort = file.column(value)
            case "descending": table.isDescending = file.flag(value) ?? false
            case "columns":
                guard case .sequence(let columns) = value else {
                    return file.complain(value, "columns must be a list, as in [name, size]")
                }
                table.columns = columns.compactMap { file.column($0) }
            case "folders" where known == "repositories": table.isGrouped = file.flag(value) ?? false
            default:
                file.unknown(key, ["sort", "descending", "columns"] + (known == "repositories" ? ["folders"] : []))
            }
        }
        settings.tables[known] = table
    }

    private mutating func rule(_ pattern: Node, _ node: Node) {
        guard let repositories = glob(pattern, for: .repository) else { return }
        var rule = RetentionRule(repositories: repositories)
        var isEmpty = true
        each(of: node, "a rule") { file, key, value in
            isEmpty = false
            switch key.string {
            case "keep":
                guard let count = value.int, count >= 0 else {
                    return file.complain(value, "keep must be a number of images, as in 10")
                }
                rule.keep = count
            case "keep-tags":
                guard case .sequence(let patterns) = value else {
                    return file.complain(value, "keep-tags must be a list of patterns, as in [latest, \"v*\"]")
                }
                rule.keepTags = patterns.compactMap { file.glob($0, for: .tag) }
            case "where":
                guard let text = file.text(value) else { return }
                do {
                    rule.filter = try Filter(text)
                    if rule.filter.isEmpty { file.complain(value, "an empty filter would remove everything") }
                } catch {
                    file.complain(value, "\(error)")
                }
            case "by":
                guard let dating = value.string.flatMap(RetentionRule.Dating.init) else {
                    return file.complain(value, "by must be created or modified")
                }
                rule.dating = dating
            default: file.unknown(key, ["keep", "keep-tags", "where", "by"])
            }
        }
        if isEmpty { complain(pattern, "the rule is empty; it needs keep, where or keep-tags") }
        settings.retention.append(rule)
    }

    private mutating func glob(_ node: Node, for subject: Glob.Subject) -> Glob? {
        guard let text = text(node) else { return nil }
        do {
            return try Glob(text, for: subject)
        } catch {
            complain(node, "\(error)")
            return nil
        }
    }

    private mutating func each(
        of node: Node, _ what: String, _ take: (inout SettingsFile, _ key: Node, _ value: Node) -> Void
    ) {
        guard case .mapping(let mapping) = node else {
            return complain(node, "\(what) must be a mapping, as in \"mouse: false\"")
        }
        for (key, value) in mapping { take(&self, key, value) }
    }

    mutating func unknown(_ key: Node, _ known: [String]) {
        complain(key, "unknown name \"\(key.string ?? "?")\"; known here: \(known.joined(separator: ", "))")
    }

    mutating func text(_ node: Node) -> String? {
        if case .scalar(let scalar) = node, !scalar.string.isEmpty { return scalar.string }
        complain(node, "must be a text")
        return nil
    }

    private mutating func flag(_ node: Node) -> Bool? {
        if let flag = node.bool { return flag }
        complain(node, "must be true or false")
        return nil
    }

    private mutating func column(_ node: Node) -> TableSettings.Column? {
        text(node).map { TableSettings.Column(name: $0, place: place(node.mark)) }
    }
}
