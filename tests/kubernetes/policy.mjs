// SPDX-License-Identifier: GPL-2.0-or-later
//
//   node policy.mjs POLICY.yaml < REQUEST
//
// Prints the verdict of a ValidatingAdmissionPolicy on a request (JSON: request, object,
// oldObject): "allowed", or its message.
import { readFileSync } from "node:fs";
import { evaluate } from "@marcbachmann/cel-js";
import { parseAllDocuments } from "yaml";

const policy = parseAllDocuments(readFileSync(process.argv[2], "utf8"))
	.map((document) => document.toJS())
	.find((object) => object.kind === "ValidatingAdmissionPolicy");
const request = JSON.parse(readFileSync(0, "utf8"));

function verdict() {
	for (const condition of policy.spec.matchConditions ?? [])
		if (!evaluate(condition.expression, request))
			return "allowed";
	for (const validation of policy.spec.validations) {
		try {
			if (evaluate(validation.expression, request) !== true)
				return validation.message;
		} catch (error) {
			// failurePolicy
			return policy.spec.failurePolicy === "Fail" ? `${validation.message} (${error.message})` : "allowed";
		}
	}
	return "allowed";
}
console.log(verdict());
