global using Recs.Engine;
global using Recs.Engine.Events;
global using Recs.Grains;
