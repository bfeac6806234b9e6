import ArgumentParser

@main
struct Regtop: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "regtop")
}
