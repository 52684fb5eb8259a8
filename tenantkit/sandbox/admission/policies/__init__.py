"""ValidatingAdmissionPolicy: the admission plug-in that evaluates the policies and bindings in the store."""
