// evenkeelGate service: 'checkout', wait: '30m'
//
// Asks whether the commit of this build may ship, and fails the build unless it
// may. All keys: docs/integrate/jenkins.md. The step decides nothing: it hands its
// keys as variables to resources/evenkeel/gate.sh, which runs the program, so that
// what Jenkins runs is what is tested.
def call(Map args) {
    if (!args?.service) { error 'evenkeelGate: give it a service, like evenkeelGate(service: \'checkout\')' }
    def vars = ['service', 'step', 'environment', 'ref', 'artefact', 'author', 'type', 'kind', 'purpose', 'model', 'rollbackRef', 'wait', 'onError', 'journal', 'program']
        .findAll { args[it] != null }
        .collect { 'EK_' + it.replaceAll(/([A-Z])/, '_$1').toUpperCase() + '=' + args[it].toString() }
    withEnv(vars + ["EVENKEEL_SERVER=${args.server ?: env.EVENKEEL_SERVER}"]) {
        withCredentials([string(credentialsId: args.credentials ?: 'evenkeel', variable: 'EVENKEEL_TOKEN')]) {
            int code = sh(script: libraryResource('evenkeel/gate.sh'), returnStatus: true, label: "Evenkeel: ${args.step ?: 'gate'} ${args.service}")
            if (code != 0 && args.returnStatus != true) {
                def why = [10: 'it waits for people or a window', 11: 'it is denied', 12: 'Evenkeel did not answer'].get(code, "code ${code}")
                error "Evenkeel: ${args.service} may not ship: ${why}; the reason and the page are in the log above"
            }
            return code
        }
    }
}
