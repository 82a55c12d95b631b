using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Schema;
using Recs.Api.Endpoints;
using Recs.Api.Http;
using Recs.Api.Json;
using Recs.Api.Security;

namespace Recs.Api.OpenApi;

/// <summary>
/// Writes the OpenAPI 3.1 document from the operations that are mapped and the shapes that are serialized, so it
/// cannot say anything else than the server does.
/// </summary>
internal static class OpenApiDocument
{
    private static readonly Dictionary<int, string> ErrorTexts = new()
    {
        [400] = "A value is outside its legal range, or the body is not the JSON it should be.",
        [401] = "A key is needed, or the key is unknown.",
        [403] = "The key may not do this.",
        [404] = "There is no such thing.",
        [409] = "The present state does not allow it.",
        [413] = "More than a bound allows.",
        [415] = "The body is not application/json.",
        [429] = "Too many calls; Retry-After says when to try again.",
        [503] = "Too busy or still starting; Retry-After says when to try again.",
        [504] = "Nobody can say whether it was recorded; events with an eventId can be sent again safely.",
        [507] = "There is no space to make it durable.",
    };

    public static byte[] Create(RecommenderApiOptions options, IReadOnlyList<ApiOperation> operations)
    {
        var schemas = new JsonObject { ["Problem"] = ProblemSchema() };
        var paths = new JsonObject();
        foreach (var operation in operations)
        {
            var path = options.Prefix + operation.Pattern;
            if (paths[path] is not JsonObject methods)
                paths[path] = methods = [];
            methods[operation.Method.ToLowerInvariant()] = Operation(operation, schemas);
        }
        var document = new JsonObject
        {
            ["openapi"] = "3.1.1",
            ["info"] = new JsonObject
            {
                ["title"] = "Orleans.Recs",
                ["version"] = "v1",
                ["description"] = "A real-time recommender: a click changes the next page. Errors are problem details (RFC 9457); a refused call changes nothing.",
            },
            ["paths"] = paths,
            ["components"] = new JsonObject
            {
                ["schemas"] = schemas,
                ["securitySchemes"] = new JsonObject
                {
                    ["apiKey"] = new JsonObject { ["type"] = "apiKey", ["in"] = "header", ["name"] = "X-Api-Key" },
                    ["bearer"] = new JsonObject { ["type"] = "http", ["scheme"] = "bearer" },
                },
            },
        };
        return JsonSerializer.SerializeToUtf8Bytes((JsonNode)document, new JsonSerializerOptions { WriteIndented = true });
    }

    private static JsonObject Operation(ApiOperation operation, JsonObject schemas)
    {
        var node = new JsonObject { ["operationId"] = operation.Name, ["summary"] = operation.Summary };
        if (operation.Remarks is not null)
            node["description"] = operation.Remarks;
        var parameters = new JsonArray();
        if (operation.HasId)
            parameters.Add((JsonNode)new JsonObject
            {
                ["name"] = "id",
                ["in"] = "path",
                ["required"] = true,
                ["schema"] = new JsonObject { ["type"] = "string", ["minLength"] = 1, ["maxLength"] = Limits.MaxIdLength },
            });
        foreach (var parameter in operation.Query)
            parameters.Add((JsonNode)Parameter(parameter));
        if (parameters.Count > 0)
            node["parameters"] = parameters;
        if (operation.Body is { } body)
            node["requestBody"] = new JsonObject { ["required"] = true, ["content"] = Content("application/json", SchemaOf(body, schemas)) };
        node["responses"] = Responses(operation, schemas);
        if (operation.Role > ApiRole.Anyone)
        {
            // An empty requirement beside the schemes: without configured keys, none is needed on loopback.
            node["security"] = new JsonArray(
                new JsonObject { ["apiKey"] = new JsonArray() }, new JsonObject { ["bearer"] = new JsonArray() }, new JsonObject());
            node["x-role"] = operation.Role.ToString().ToLowerInvariant();
        }
        return node;
    }

    private static JsonObject Parameter(QueryParameter parameter)
    {
        var schema = new JsonObject { ["type"] = parameter.Type };
        if (parameter.Type == "integer")
        {
            schema["format"] = "int64";
            schema["minimum"] = parameter.Minimum;
            if (parameter.Maximum != long.MaxValue)
                schema["maximum"] = parameter.Maximum;
        }
        if (parameter.Many)
            schema = new JsonObject { ["type"] = "array", ["items"] = schema, ["maxItems"] = parameter.Maximum };
        var node = new JsonObject { ["name"] = parameter.Name, ["in"] = "query", ["description"] = parameter.Summary, ["schema"] = schema };
        if (parameter.Many)
            node["explode"] = false;
        return node;
    }

    private static JsonObject Responses(ApiOperation operation, JsonObject schemas)
    {
        var responses = new JsonObject();
        var success = new JsonObject { ["description"] = operation.Status == 204 ? "Done." : operation.Summary };
        if (operation.Result is { } result)
            success["content"] = Content("application/json", SchemaOf(result, schemas));
        responses[operation.Status.ToString(CultureInfo.InvariantCulture)] = success;
        int[] common = operation.Role == ApiRole.Anyone ? [400, 503] : [400, 401, 403, 429, 503];
        if (operation.Body is not null)
            common = [.. common, 415];
        foreach (var status in common.Concat(operation.Errors).Order())
            responses[status.ToString(CultureInfo.InvariantCulture)] = new JsonObject
            {
                ["description"] = ErrorTexts[status],
                ["content"] = Content("application/problem+json", Reference("Problem")),
            };
        return responses;
    }

    private static JsonObject Content(string type, JsonNode schema) => new() { [type] = new JsonObject { ["schema"] = schema } };

    private static JsonObject Reference(string name) => new() { ["$ref"] = "#/components/schemas/" + name };

    private static JsonObject SchemaOf(Type type, JsonObject schemas)
    {
        if (type.IsArray)
        {
            var most = type == typeof(Interaction[]) ? Limits.MaxEventsPerBatch : Limits.MaxItemsPerBatch;
            return new JsonObject
            {
                ["type"] = "array",
                ["items"] = SchemaOf(type.GetElementType()!, schemas),
                ["minItems"] = 1,
                ["maxItems"] = most,
            };
        }
        var name = type == typeof(Interaction) ? "Event" : type.Name;
        if (!schemas.ContainsKey(name))
        {
            var schema = JsonSchemaExporter.GetJsonSchemaAsNode(ReplyJson.Options, type, new JsonSchemaExporterOptions
            {
                TreatNullObliviousAsNonNullable = true,
                TransformSchemaNode = static (context, node) => Transform(context, node),
            });
            Rebase(schema, name);
            schemas[name] = schema;
        }
        return Reference(name);
    }

    /// <summary>The exporter's references start at the schema; in the document they start at its root.</summary>
    private static void Rebase(JsonNode? node, string name)
    {
        if (node is JsonArray array)
        {
            foreach (var element in array)
                Rebase(element, name);
        }
        else if (node is JsonObject members)
        {
            if (members["$ref"] is JsonValue reference)
                members["$ref"] = $"#/components/schemas/{name}{reference.GetValue<string>()[1..]}";
            foreach (var (_, member) in members)
                Rebase(member, name);
        }
    }

    private static JsonNode Transform(JsonSchemaExporterContext context, JsonNode schema)
    {
        if (context.TypeInfo.Type == typeof(AttributeValue))
            return new JsonObject
            {
                ["type"] = new JsonArray("string", "number", "boolean", "array"),
                ["items"] = new JsonObject { ["type"] = "string" },
            };
        if (context.TypeInfo.Type == typeof(DateTimeOffset) || context.TypeInfo.Type == typeof(DateTimeOffset?))
            return new JsonObject { ["type"] = "string", ["format"] = "date-time" };
        if (context.TypeInfo.Type == typeof(TimeSpan) || context.TypeInfo.Type == typeof(TimeSpan?))
            return new JsonObject { ["type"] = new JsonArray("number", "null") };
        if (context.TypeInfo.Type == typeof(Interaction) || context.TypeInfo.Type == typeof(Item) || context.TypeInfo.Type == typeof(MergeBody)
            || context.TypeInfo.Type == typeof(RulesBody) || context.TypeInfo.Type == typeof(RuleBody))
            schema.AsObject()["additionalProperties"] = false;
        return schema;
    }

    private static JsonObject ProblemSchema()
    {
        static JsonObject Of(string type, string text) => new() { ["type"] = type, ["description"] = text };
        return new JsonObject
        {
            ["type"] = "object",
            ["description"] = "RFC 9457.",
            ["required"] = new JsonArray("type", "title", "status", "detail"),
            ["properties"] = new JsonObject
            {
                ["type"] = Of("string", "urn:orleans-recs:problem:KIND"),
                ["title"] = Of("string", "The kind, in words."),
                ["status"] = Of("integer", "The HTTP status."),
                ["detail"] = Of("string", "What was wrong this time, the value, and what would be legal."),
                ["field"] = Of("string", "The field at fault."),
                ["value"] = Of("string", "The value that was refused."),
                ["legal"] = Of("string", "What would have been legal."),
                ["index"] = Of("integer", "0-based place in the batch of the element at fault."),
                ["line"] = Of("integer", "1-based line at which the body stops being JSON."),
                ["position"] = Of("integer", "1-based byte within that line."),
                ["traceId"] = Of("string", "Finds an internal error in the server's log."),
            },
        };
    }
}
