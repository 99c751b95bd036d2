#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""client.py SOCKET

Speak CRI, as a kubelet does, to the container runtime that listens at SOCKET. Each
line "CALL JSON" on standard input is one call of RuntimeService, with the request as
JSON. The answer is one line on standard output: "OK" and the response as JSON, or the
name of a gRPC status and its message. The first line is "READY". Ends at a line "quit".

One process for all calls, because it takes an emulated CPU seconds to load gRPC.
Only the messages and fields that the tests need are known, by the names and numbers
of runtime.v1; those of responses that are not known are left out.
"""

import sys

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message_factory

# message: number, name and type of each field. "map" is of strings; types that are
# not in SCALARS are messages. Enumerations are numbers on the wire.
MESSAGES = {
    "VersionRequest": "1 version string",
    "VersionResponse": "2 runtime_name string, 3 runtime_version string",
    "StatusRequest": "1 verbose bool",
    "StatusResponse": "1 status RuntimeStatus",
    "RuntimeStatus": "1 conditions RuntimeCondition*",
    "RuntimeCondition": "1 type string, 2 status bool, 3 reason string, 4 message string",
    "RunPodSandboxRequest": "1 config PodSandboxConfig, 2 runtime_handler string",
    "RunPodSandboxResponse": "1 pod_sandbox_id string",
    "PodSandboxConfig": "1 metadata PodSandboxMetadata, 2 hostname string, 4 dns_config DNSConfig, "
                        "7 annotations map, 8 linux LinuxPodSandboxConfig",
    "DNSConfig": "1 servers string*",
    "PodSandboxMetadata": "1 name string, 2 uid string, 3 namespace string, 4 attempt uint32",
    "LinuxPodSandboxConfig": "1 cgroup_parent string, 2 security_context LinuxSandboxSecurityContext",
    "LinuxSandboxSecurityContext": "1 namespace_options NamespaceOption",
    "NamespaceOption": "1 network int32, 2 pid int32, 3 ipc int32",
    "PodSandboxStatusRequest": "1 pod_sandbox_id string, 2 verbose bool",
    "PodSandboxStatusResponse": "1 status PodSandboxStatus, 2 info map",
    "PodSandboxStatus": "1 id string, 3 state int32, 9 runtime_handler string",
    "StopPodSandboxRequest": "1 pod_sandbox_id string",
    "StopPodSandboxResponse": "",
    "RemovePodSandboxRequest": "1 pod_sandbox_id string",
    "RemovePodSandboxResponse": "",
    "CreateContainerRequest": "1 pod_sandbox_id string, 2 config ContainerConfig, 3 sandbox_config PodSandboxConfig",
    "CreateContainerResponse": "1 container_id string",
    "ContainerConfig": "1 metadata ContainerMetadata, 2 image ImageSpec, 3 command string*, 7 mounts Mount*, "
                       "10 annotations map, 15 linux LinuxContainerConfig",
    "ContainerMetadata": "1 name string, 2 attempt uint32",
    "ImageSpec": "1 image string",
    "Mount": "1 container_path string, 2 host_path string, 3 readonly bool",
    "LinuxContainerConfig": "2 security_context LinuxContainerSecurityContext",
    "LinuxContainerSecurityContext": "3 namespace_options NamespaceOption",
    "StartContainerRequest": "1 container_id string",
    "StartContainerResponse": "",
    "StopContainerRequest": "1 container_id string, 2 timeout int64",
    "StopContainerResponse": "",
    "RemoveContainerRequest": "1 container_id string",
    "RemoveContainerResponse": "",
    "ContainerStatusRequest": "1 container_id string, 2 verbose bool",
    "ContainerStatusResponse": "1 status ContainerStatus, 2 info map",
    "ContainerStatus": "1 id string, 3 state int32, 7 exit_code int32, 10 reason string, 11 message string",
    "ExecSyncRequest": "1 container_id string, 2 cmd string*, 3 timeout int64",
    "ExecSyncResponse": "1 stdout bytes, 2 stderr bytes, 3 exit_code int32",
}
Field = descriptor_pb2.FieldDescriptorProto
SCALARS = {
    "string": Field.TYPE_STRING, "bytes": Field.TYPE_BYTES, "bool": Field.TYPE_BOOL,
    "int32": Field.TYPE_INT32, "uint32": Field.TYPE_UINT32, "int64": Field.TYPE_INT64,
}


def add_field(message, number, name, kind):
    field = message.field.add(number=int(number), name=name, label=Field.LABEL_OPTIONAL)
    if kind.endswith("*"):
        field.label = Field.LABEL_REPEATED
        kind = kind[:-1]
    if kind == "map":
        entry = message.nested_type.add(name=name.title().replace("_", "") + "Entry")
        entry.options.map_entry = True
        add_field(entry, 1, "key", "string")
        add_field(entry, 2, "value", "string")
        field.label = Field.LABEL_REPEATED
        kind = message.name + "." + entry.name
    if kind in SCALARS:
        field.type = SCALARS[kind]
    else:
        field.type = Field.TYPE_MESSAGE
        field.type_name = ".runtime.v1." + kind


def classes():
    """The messages as classes, by name."""
    file = descriptor_pb2.FileDescriptorProto(name="cri.proto", package="runtime.v1", syntax="proto3")
    for name, fields in MESSAGES.items():
        message = file.message_type.add(name=name)
        for field in filter(None, fields.split(", ")):
            add_field(message, *field.split())
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    factory = message_factory.MessageFactory(pool)
    return {name: factory.GetPrototype(pool.FindMessageTypeByName("runtime.v1." + name)) for name in MESSAGES}


def main():
    types = classes()
    with grpc.insecure_channel("unix:" + sys.argv[1]) as channel:
        print("READY", flush=True)
        for line in sys.stdin:
            if line.strip() == "quit":
                break
            call, _, text = line.partition(" ")
            request = json_format.Parse(text, types[call + "Request"]())
            method = channel.unary_unary(
                "/runtime.v1.RuntimeService/" + call,
                request_serializer=lambda message: message.SerializeToString(),
                response_deserializer=types[call + "Response"].FromString)
            try:
                response = method(request, timeout=120, wait_for_ready=True)
                answer = "OK " + json_format.MessageToJson(response, preserving_proto_field_name=True,
                                                           including_default_value_fields=True, indent=None)
            except grpc.RpcError as error:
                answer = error.code().name + " " + error.details()
            print(answer.replace("\n", " "), flush=True)


main()
