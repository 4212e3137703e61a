import Linux
import Model

extension ObjectStore {
    /// What is wrong with refs, reflogs and the operation log.
    public func checkLogs() throws(StoreError) -> [Damage] {
        var result: [Damage] = []
        for ref in try refs(prefix: "refs/") {
            if let reason = try problem(of: ref.id) { result.append(Damage(ref.name, reason)) }
            do throws(StoreError) {
                for (number, entry) in try movements(of: ref.name).enumerated() {
                    for id in Set([entry.old, entry.new].compactMap { $0 }).sorted() {
                        guard id != ref.id, let reason = try problem(of: id) else { continue }
                        result.append(Damage("reflog of \(ref.name)", "entry \(number): \(reason)"))
                    }
                }
            } catch { result.append(Damage("reflog of \(ref.name)", "\(error.cause)")) }
        }
        do throws(StoreError) { _ = try operations() } catch {
            result.append(Damage("operation log", "\(error)"))
        }
        do throws(StoreError) {
            if try needsRecovery(), try isInterrupted() {
                result.append(Damage("operation log", "an operation is not complete"))
            }
        } catch { result.append(Damage("operation log", "\(error)")) }
        return result
    }

    /// Whether an operation was left in the middle, and is not under way.
    private func isInterrupted() throws(StoreError) -> Bool {
        do throws(StoreError) {
            let lock = try RepositoryLock(root: root)
            defer { lock.keep() }
            return try needsRecovery()
        } catch {
            // Nobody writes there.
            guard case .system(let cause) = error.cause, cause.errno == .readOnly else { throw error }
            return true
        }
    }

    /// Nil where it is a commit that can be read.
    private func problem(of id: ObjectID) throws(StoreError) -> String? {
        do throws(StoreError) {
            _ = try commit(id)
            return nil
        } catch { return "commit \(id.hex): \(error.cause)" }
    }
}
