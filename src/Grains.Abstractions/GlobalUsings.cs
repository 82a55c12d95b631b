global using Recs.Engine;
global using Recs.Engine.Catalog;
global using Recs.Engine.Events;
global using Recs.Engine.Models;
global using Recs.Engine.Monitoring;
global using Recs.Engine.Pipeline;
global using Recs.Engine.Policies;
global using Recs.Engine.Sessions;
