using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Recs.Api.Endpoints;

namespace Recs.Api.Security;

/// <summary>Puts pages that the application has from elsewhere behind the recommender's admin keys.</summary>
public static class OperatorGate
{
    /// <summary>
    /// Everything mapped with <paramref name="builder"/> needs the admin role, by key or by the cookie that "?key=KEY"
    /// sets; without keys it is for callers on this machine.
    /// </summary>
    public static TBuilder RequireOperator<TBuilder>(this TBuilder builder, IServiceProvider services, RecommenderApiOptions options)
        where TBuilder : IEndpointConventionBuilder =>
        builder.AddEndpointFilter(new PageGate(new ApiServer(services, options), ApiRole.Admin));
}
