global using LoadBalancer.TestSupport;
