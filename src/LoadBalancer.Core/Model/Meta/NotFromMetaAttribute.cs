namespace LoadBalancer.Core.Model.Meta;

/// <summary>
/// Only lb.json may set the option: who may register a service must not be able to run commands on the balancer's machine
/// or to choose where its endpoints come from. Options that name files are never taken from meta either.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class NotFromMetaAttribute : Attribute;
