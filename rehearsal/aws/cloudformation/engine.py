"""Takes a stack to what a template says, and back where that fails; and takes it down."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from typing import Any

from botocore.exceptions import ClientError

from rehearsal.aws.cloud import Cloud
from rehearsal.aws.cloudformation import order, schema
from rehearsal.aws.cloudformation.stack import Resource, Stack, Stacks
from rehearsal.aws.cloudformation.surroundings import Surroundings
from rehearsal.aws.cloudformation.template import Template, TemplateError
from rehearsal.aws.resources import KINDS
from rehearsal.aws.resources.custom import is_custom
from rehearsal.aws.resources.given import Given
from rehearsal.aws.resources.kind import HalfMadeError, Kind, Made, Place, UnsupportedError
from rehearsal.aws.resources.properties import changed as changed_names


class Engine:
    """Works on one stack. `cloud` makes the calls, with the rights of the role that CloudFormation was given."""

    def __init__(self, stack: Stack, stacks: Stacks, cloud: Cloud, custom: Kind) -> None:
        self._stack = stack
        self._stacks = stacks
        self._cloud = cloud
        self._custom = custom
        self._around = Surroundings(stack, stacks, cloud)
        self._replaced: list[Resource] = []

    def check(self, template: Template) -> None:
        """Raises TemplateError for what is wrong with a template before anything is done."""
        template.check_rules(self._around)
        resources = template.resources(self._around)
        for logical_id, resource in resources.items():
            kind = resource["Type"]
            if kind not in KINDS and not is_custom(kind):
                raise TemplateError(f"{logical_id}: the stand-in does not know resources of type {kind}")
            if not is_custom(kind):
                try:
                    schema.check(self._stack.region, kind, resource.get("Properties", {}))
                except TemplateError as error:
                    raise TemplateError(f"{logical_id}: {error}") from None

    def create(self, template: Template, *, roll_back: bool = True) -> None:
        """Make everything; where that fails, unmake it."""
        stack = self._stack
        stack.becomes("CREATE_IN_PROGRESS", "User Initiated")
        failures = self._to(template)
        if not failures:
            stack.becomes("CREATE_COMPLETE")
        elif not roll_back:
            stack.becomes("CREATE_FAILED", _words(failures))
        else:
            stack.becomes("ROLLBACK_IN_PROGRESS", _words(failures))
            left = self._unmake([_made_in_vain(resource) for resource in stack.resources.values()])
            stack.imports = set()
            stack.becomes("ROLLBACK_FAILED" if left else "ROLLBACK_COMPLETE", _words(left))

    def update(self, template: Template) -> None:
        """Change what differs, then unmake what is not wanted any more; where a change fails, change it all back."""
        stack = self._stack
        before, resources, imports = stack.template, dict(stack.resources), set(stack.imports)
        stack.becomes("UPDATE_IN_PROGRESS", "User Initiated")
        failures = self._to(template)
        if not failures:
            stack.becomes("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS")
            self._clean_up(template)
            stack.becomes("UPDATE_COMPLETE")
            return
        stack.becomes("UPDATE_ROLLBACK_IN_PROGRESS", _words(failures))
        self._restore(resources)
        failures = self._to(before)
        if failures:
            stack.becomes("UPDATE_ROLLBACK_FAILED", _words(failures))
            return
        stack.imports = imports
        new = {name: _made_in_vain(each) for name, each in stack.resources.items() if name not in resources}
        stack.resources.update(new)
        stack.becomes("UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS")
        self._clean_up(before)
        stack.becomes("UPDATE_ROLLBACK_COMPLETE")

    def delete(self) -> None:
        """Unmake everything but what is to be kept."""
        stack = self._stack
        stack.becomes("DELETE_IN_PROGRESS", "User Initiated")
        used = {name: users for name in stack.exports() if (users := self._stacks.importers(stack, name))}
        if used:
            name, users = next(iter(used.items()))
            stack.becomes("DELETE_FAILED", f"Cannot delete export {name} as it is in use by {', '.join(users)}.")
            return
        failures = self._unmake(list(stack.resources.values()))
        if failures:
            stack.becomes("DELETE_FAILED", _words(failures))
            return
        stack.outputs, stack.imports = {}, set()
        stack.becomes("DELETE_COMPLETE")

    def _to(self, template: Template) -> dict[str, Exception]:
        """Make and change resources until they are what a template says. Returns what failed."""
        self._stack.template = template
        try:
            wanted = template.resources(self._around)
            waits_for = {name: template.depends_on(resource) & wanted.keys() for name, resource in wanted.items()}
            failures = order.run(
                waits_for, lambda name: self._make(name, wanted[name], template, frozenset(waits_for[name]))
            )
            if not failures:
                self._export(template.outputs(self._around))
        except (TemplateError, order.CycleError) as error:
            return {self._stack.name: error}
        return failures

    def _export(self, outputs: dict[str, Mapping[str, Any]]) -> None:
        old = self._stack.exports()
        new = {output["Export"]["Name"]: str(output["Value"]) for output in outputs.values() if "Export" in output}
        for name, value in old.items():
            users = self._stacks.importers(self._stack, name)
            if new.get(name) != value and users:
                what = "update" if name in new else "delete"
                raise TemplateError(f"Cannot {what} export {name} as it is in use by {', '.join(users)}.")
        self._stack.outputs = outputs

    def _make(self, name: str, resource: Mapping[str, Any], template: Template, waits_for: frozenset[str]) -> None:
        """Have one resource be what the template says."""
        kind = resource["Type"]
        properties = template.value(resource.get("Properties", {}), self._around)
        if not is_custom(kind):
            schema.check(self._stack.region, kind, properties)
            properties = schema.tagged(self._stack.region, kind, properties, self._stack.tags)
        old = self._stack.resources.get(name)
        kept = {
            "waits_for": waits_for,
            "keep": resource.get("DeletionPolicy", "Delete"),
            "keep_replaced": resource.get("UpdateReplacePolicy", "Delete") == "Retain",
        }
        if old and old.type == kind and old.properties == properties and old.complete:
            self._stack.resources[name] = replace(old, **kept)
            return
        if old and old.type == kind and not self._needs_new(kind, old.properties, properties):
            self._doing("UPDATE", old, lambda: self._change(old, properties, kept))
            return
        new = Resource(name, kind, "", {}, properties, **kept)
        if old and old.type == kind and schema.goes_first(self._stack.region, kind):
            self._doing("DELETE", old, lambda: self._unmake_one(old))
            del self._stack.resources[name]
            self._doing("CREATE", new, lambda: self._create(new))
            return
        try:
            self._doing("UPDATE" if old else "CREATE", new, lambda: self._create(new))
        finally:
            if old and old.differs(self._stack.resources[name]):
                self._replaced.append(old)

    def _needs_new(self, kind: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
        if is_custom(kind):
            return bool(old["ServiceToken"] != new["ServiceToken"])
        return schema.replaces(self._stack.region, kind, old, new)

    def _create(self, new: Resource) -> Resource:
        given = Given(new.properties)
        try:
            made = self._kind(new.type).create(self._place(new), given)
        except HalfMadeError as error:
            self._stack.resources[new.logical_id] = replace(new, ref=error.ref, complete=False)
            raise
        return self._done(replace(new, ref=made.ref, attributes=made.attributes), given, new.properties)

    def _change(self, old: Resource, properties: Mapping[str, Any], kept: Mapping[str, Any]) -> Resource:
        self._stack.resources[old.logical_id] = replace(old, complete=False)
        made, given = Made(old.ref, old.attributes), Given(properties)
        try:
            made = self._kind(old.type).update(self._place(old), made, old.properties, given)
        except UnsupportedError:  # nothing was begun
            self._stack.resources[old.logical_id] = old
            raise
        changed = replace(old, ref=made.ref, attributes=made.attributes, properties=properties, complete=True, **kept)
        if changed.differs(old):  # as custom resources do
            self._replaced.append(old)
        return self._done(changed, given, changed_names(old.properties, properties))

    def _done(self, resource: Resource, given: Given, wanted: Collection[str]) -> Resource:
        """Take note of a resource. Raises UnsupportedError where nothing was done with something wanted of it."""
        kind = self._kind(resource.type)
        names = [path for path in given.unread() if path.partition(".")[0] in wanted and path not in kind.later]
        left_out = [] if is_custom(resource.type) else sorted(set(names))  # a function is told all
        self._stack.resources[resource.logical_id] = replace(resource, complete=not left_out)
        if left_out:
            raise UnsupportedError(f"The stand-in does nothing with {', '.join(left_out)} of {resource.type}.")
        return resource

    def _clean_up(self, template: Template) -> None:
        """Unmake what was replaced, and what the template does not have. As in AWS, a failure changes nothing."""
        wanted = template.resources(self._around).keys()
        gone = [resource for name, resource in self._stack.resources.items() if name not in wanted]
        # Of what was replaced, UpdateReplacePolicy decides; of what is gone, DeletionPolicy.
        replaced = [replace(each, keep="Delete") for each in self._replaced if not each.keep_replaced]
        self._replaced.clear()
        self._unmake([*gone, *replaced])
        for resource in gone:
            self._stack.resources.pop(resource.logical_id, None)

    def _restore(self, before: Mapping[str, Resource]) -> None:
        """Have the stack own again what was replaced, and get rid of the replacements."""
        back = self._replaced
        self._replaced = []
        for old in back:
            new = self._stack.resources[old.logical_id]
            self._replaced.append(replace(new, keep_replaced=False))
            self._stack.resources[old.logical_id] = before.get(old.logical_id, old)

    def _unmake(self, resources: list[Resource]) -> dict[str, Exception]:
        """Unmake resources in reverse order; two may have the same name, of which one was replaced."""
        keyed = {f"{resource.logical_id} {resource.ref}": resource for resource in resources}
        waits_for = {
            key: {other for other, each in keyed.items() if each.logical_id in resource.waits_for}
            for key, resource in keyed.items()
        }
        return order.run(order.reverse(waits_for), lambda key: self._delete(keyed[key]), go_on=True)

    def _delete(self, resource: Resource) -> None:
        if resource.keep != "Delete" and resource.complete:
            self._stack.tell(resource.logical_id, resource.ref, resource.type, "DELETE_SKIPPED")
        else:
            self._doing("DELETE", resource, lambda: self._unmake_one(resource))
        owned = self._stack.resources.get(resource.logical_id)
        if owned and not owned.differs(resource):
            del self._stack.resources[resource.logical_id]

    def _unmake_one(self, resource: Resource) -> Resource:
        made = Made(resource.ref, resource.attributes)
        self._kind(resource.type).delete(self._place(resource), made, resource.properties)
        return resource

    def _doing(self, what: str, resource: Resource, act: Callable[[], Resource]) -> None:
        """Act on a resource, and tell of its beginning and end."""
        tell = self._stack.tell
        tell(resource.logical_id, resource.ref, resource.type, f"{what}_IN_PROGRESS")
        try:
            done = act()
        except Exception as error:
            tell(resource.logical_id, resource.ref, resource.type, f"{what}_FAILED", _reason(error))
            raise
        tell(resource.logical_id, done.ref, resource.type, f"{what}_COMPLETE")

    def _kind(self, name: str) -> Kind:
        return self._custom if is_custom(name) else KINDS[name]

    def _place(self, resource: Resource) -> Place:
        return Place(self._cloud, self._stack.name, self._stack.id, resource.logical_id, resource.type)


def _made_in_vain(resource: Resource) -> Resource:
    return replace(resource, keep="Delete") if resource.keep == "RetainExceptOnCreate" else resource


def _reason(error: Exception) -> str:
    if isinstance(error, ClientError):
        return f"{error.response['Error']['Code']}: {error.response['Error']['Message']}"
    return str(error) or type(error).__name__


def _words(failures: Mapping[str, Exception]) -> str:
    if not failures:
        return ""
    names = ", ".join(sorted(failures))
    return f"The following resource(s) failed: [{names}]. " + " ".join(_reason(error) for error in failures.values())
