using Recs.Api.OpenApi;
using Recs.Api.Security;

namespace Recs.Api.Endpoints;

/// <summary>The OpenAPI document of this API, made once.</summary>
internal static class OpenApiOperations
{
    public static ApiOperation Document(RecommenderApiOptions options, IReadOnlyList<ApiOperation> operations)
    {
        var document = new Lazy<byte[]>(() => OpenApiDocument.Create(options, operations));
        return new ApiOperation("GET", "/openapi/v1.json", ApiRole.Anyone, "openApi", "This document.", async call =>
        {
            var response = call.Http.Response;
            response.ContentType = "application/json; charset=utf-8";
            response.ContentLength = document.Value.Length;
            if (call.Http.Request.Method != "HEAD")
                await response.Body.WriteAsync(document.Value, call.Aborted);
        });
    }
}
