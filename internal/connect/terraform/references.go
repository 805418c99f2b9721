package terraform

import "github.com/evenkeel/evenkeel/internal/cmdb"

// reference is what it means that a resource names another one in an
// attribute, wherever in the resource the attribute stands.
type reference struct {
	kind  cmdb.RelationKind
	group string // redundancy group of the needing end, of which one must work
	back  bool   // the named one needs this one, not the other way round
	soft  bool
	of    string // the attribute holds the name of a resource of this type
}

// references are the attributes by which providers name other resources; the
// providers' documentation is at https://registry.terraform.io. Subnets and
// targets are redundant by design: one of them must work.
var references = map[string]reference{
	// places
	"vpc_id":                       {kind: cmdb.RunsOn},
	"subnet_id":                    {kind: cmdb.RunsOn},
	"subnet_ids":                   {kind: cmdb.RunsOn, group: "subnets"},
	"subnets":                      {kind: cmdb.RunsOn, group: "subnets"},
	"vpc_zone_identifier":          {kind: cmdb.RunsOn, group: "subnets"},
	"network":                      {kind: cmdb.RunsOn},
	"network_id":                   {kind: cmdb.RunsOn},
	"subnetwork":                   {kind: cmdb.RunsOn},
	"virtual_network_id":           {kind: cmdb.RunsOn},
	"virtual_network_name":         {kind: cmdb.RunsOn, of: "azurerm_virtual_network"},
	"resource_group_name":          {kind: cmdb.RunsOn, of: "azurerm_resource_group"},
	"db_subnet_group_name":         {kind: cmdb.RunsOn, of: "aws_db_subnet_group"},
	"subnet_group_name":            {kind: cmdb.RunsOn, of: "aws_elasticache_subnet_group"},
	"cluster":                      {kind: cmdb.RunsOn},
	"cluster_name":                 {kind: cmdb.RunsOn, of: "aws_eks_cluster"},
	"service_plan_id":              {kind: cmdb.RunsOn},
	"app_service_plan_id":          {kind: cmdb.RunsOn},
	"kubernetes_cluster_id":        {kind: cmdb.RunsOn},
	"server_id":                    {kind: cmdb.RunsOn},
	"host_id":                      {kind: cmdb.RunsOn},
	"container_app_environment_id": {kind: cmdb.RunsOn},

	// what it cannot work without
	"vpc_security_group_ids":    {kind: cmdb.DependsOn},
	"security_group_ids":        {kind: cmdb.DependsOn},
	"security_groups":           {kind: cmdb.DependsOn},
	"network_security_group_id": {kind: cmdb.DependsOn},
	"network_interface_ids":     {kind: cmdb.DependsOn},
	"network_interface_id":      {kind: cmdb.DependsOn},
	"nat_gateway_id":            {kind: cmdb.DependsOn},
	"allocation_id":             {kind: cmdb.DependsOn},
	"role":                      {kind: cmdb.DependsOn, of: "aws_iam_role"},
	"role_arn":                  {kind: cmdb.DependsOn},
	"iam_role_arn":              {kind: cmdb.DependsOn},
	"execution_role_arn":        {kind: cmdb.DependsOn},
	"task_role_arn":             {kind: cmdb.DependsOn},
	"node_role_arn":             {kind: cmdb.DependsOn},
	"iam_instance_profile":      {kind: cmdb.DependsOn, of: "aws_iam_instance_profile"},
	"user":                      {kind: cmdb.DependsOn, of: "aws_iam_user"},
	"kms_key_id":                {kind: cmdb.DependsOn},
	"kms_key_arn":               {kind: cmdb.DependsOn},
	"kms_master_key_id":         {kind: cmdb.DependsOn},
	"certificate_arn":           {kind: cmdb.DependsOn},
	"acm_certificate_arn":       {kind: cmdb.DependsOn},
	"launch_configuration":      {kind: cmdb.DependsOn, of: "aws_launch_configuration"},
	"task_definition":           {kind: cmdb.DependsOn},
	"backend_service":           {kind: cmdb.DependsOn},
	"default_service":           {kind: cmdb.DependsOn},
	"url_map":                   {kind: cmdb.DependsOn},
	"target":                    {kind: cmdb.DependsOn},
	"instance_template":         {kind: cmdb.DependsOn},
	"managed_disk_id":           {kind: cmdb.StoresIn},
	"storage_account_id":        {kind: cmdb.StoresIn},
	"storage_account_name":      {kind: cmdb.StoresIn, of: "azurerm_storage_account"},
	"key_vault_id":              {kind: cmdb.DependsOn},
	"zone_id":                   {kind: cmdb.RunsOn, of: "aws_route53_zone"},
	"deadLetterTargetArn":       {kind: cmdb.DependsOn, soft: true},
	"replicate_source_db":       {kind: cmdb.DependsOn, soft: true, of: "aws_db_instance"},

	// what works as long as one of many does
	"instances":         {kind: cmdb.DependsOn, group: "instances", of: "aws_instance"},
	"target_group_arns": {kind: cmdb.DependsOn, group: "targets", back: true},
	"load_balancers":    {kind: cmdb.DependsOn, group: "targets", back: true, of: "aws_elb"},
}

// special are references that mean something else in one type of resource.
var special = map[string]map[string]reference{
	"aws_lb":                                {"subnet_id": {kind: cmdb.RunsOn, group: "subnets"}},
	"aws_alb":                               {"subnet_id": {kind: cmdb.RunsOn, group: "subnets"}},
	"aws_security_group":                    {"security_groups": {kind: cmdb.ConnectsTo, back: true}}, // who may come in; an egress rule is turned round below
	"aws_default_security_group":            {"security_groups": {kind: cmdb.ConnectsTo, back: true}},
	"aws_ecs_service":                       {"target_group_arn": {kind: cmdb.DependsOn, group: "targets", back: true}, "cluster": {kind: cmdb.RunsOn, of: "aws_ecs_cluster"}},
	"aws_rds_cluster_instance":              {"cluster_identifier": {kind: cmdb.DependsOn, group: "instances", back: true, of: "aws_rds_cluster"}},
	"aws_docdb_cluster_instance":            {"cluster_identifier": {kind: cmdb.DependsOn, group: "instances", back: true, of: "aws_docdb_cluster"}},
	"aws_neptune_cluster_instance":          {"cluster_identifier": {kind: cmdb.DependsOn, group: "instances", back: true, of: "aws_neptune_cluster"}},
	"aws_eks_node_group":                    {"cluster_name": {kind: cmdb.DependsOn, group: "node groups", back: true, of: "aws_eks_cluster"}},
	"google_container_node_pool":            {"cluster": {kind: cmdb.DependsOn, group: "node pools", back: true, of: "google_container_cluster"}},
	"azurerm_kubernetes_cluster_node_pool":  {"kubernetes_cluster_id": {kind: cmdb.DependsOn, group: "node pools", back: true}},
	"google_sql_database":                   {"instance": {kind: cmdb.RunsOn, of: "google_sql_database_instance"}},
	"google_pubsub_subscription":            {"topic": {kind: cmdb.DependsOn}},
	"google_compute_backend_service":        {"group": {kind: cmdb.DependsOn, group: "backends"}},
	"google_compute_region_backend_service": {"group": {kind: cmdb.DependsOn, group: "backends"}},
	"google_compute_instance":               {"source": {kind: cmdb.StoresIn}},
	"google_cloud_run_v2_service":           {"service_account": {kind: cmdb.DependsOn}},
	"aws_eip":                               {"instance": {kind: cmdb.ConnectsTo, of: "aws_instance"}},
	"aws_nat_gateway":                       {"subnet_id": {kind: cmdb.RunsOn}, "allocation_id": {kind: cmdb.DependsOn}},
	"aws_cloudfront_distribution":           {"domain_name": {kind: cmdb.DependsOn, of: "dns"}},
	"aws_route53_record":                    {"name": {kind: cmdb.DependsOn, of: "dns"}, "zone_id": {kind: cmdb.RunsOn, of: "aws_route53_zone"}},
	"aws_instance":                          {"network_interface_id": {kind: cmdb.DependsOn}, "volume_id": {kind: cmdb.StoresIn}},
}

// joint is the relation that a glue resource is: from the one that an
// attribute names to the one that another names.
type joint struct {
	from, to     string // attributes
	fromOf, toOf string // types when the attribute holds a name
	kind         cmdb.RelationKind
	group        string
	soft         bool
}

// joints are tried in order; all that fit are used.
var joints = map[string][]joint{
	"aws_lb_listener":                     {{from: "load_balancer_arn", to: "target_group_arn", kind: cmdb.DependsOn}, {from: "load_balancer_arn", to: "certificate_arn", kind: cmdb.DependsOn}},
	"aws_alb_listener":                    {{from: "load_balancer_arn", to: "target_group_arn", kind: cmdb.DependsOn}, {from: "load_balancer_arn", to: "certificate_arn", kind: cmdb.DependsOn}},
	"aws_lb_target_group_attachment":      {{from: "target_group_arn", to: "target_id", kind: cmdb.DependsOn, group: "targets"}},
	"aws_alb_target_group_attachment":     {{from: "target_group_arn", to: "target_id", kind: cmdb.DependsOn, group: "targets"}},
	"aws_elb_attachment":                  {{from: "elb", fromOf: "aws_elb", to: "instance", kind: cmdb.DependsOn, group: "instances"}},
	"aws_autoscaling_attachment":          {{from: "lb_target_group_arn", to: "autoscaling_group_name", toOf: "aws_autoscaling_group", kind: cmdb.DependsOn, group: "targets"}, {from: "alb_target_group_arn", to: "autoscaling_group_name", toOf: "aws_autoscaling_group", kind: cmdb.DependsOn, group: "targets"}},
	"aws_security_group_rule":             {{from: "source_security_group_id", to: "security_group_id", kind: cmdb.ConnectsTo}},
	"aws_vpc_security_group_ingress_rule": {{from: "referenced_security_group_id", to: "security_group_id", kind: cmdb.ConnectsTo}},
	"aws_vpc_security_group_egress_rule":  {{from: "security_group_id", to: "referenced_security_group_id", kind: cmdb.ConnectsTo}},
	"aws_volume_attachment":               {{from: "instance_id", to: "volume_id", kind: cmdb.StoresIn}},
	"aws_eip_association":                 {{from: "allocation_id", to: "instance_id", kind: cmdb.ConnectsTo}},
	"aws_network_interface_attachment":    {{from: "instance_id", to: "network_interface_id", kind: cmdb.DependsOn}},
	"aws_network_interface_sg_attachment": {{from: "network_interface_id", to: "security_group_id", kind: cmdb.DependsOn}},
	"aws_route": {{from: "route_table_id", to: "gateway_id", kind: cmdb.DependsOn}, {from: "route_table_id", to: "nat_gateway_id", kind: cmdb.DependsOn},
		{from: "route_table_id", to: "transit_gateway_id", kind: cmdb.DependsOn}, {from: "route_table_id", to: "vpc_endpoint_id", kind: cmdb.DependsOn}},
	"aws_route_table_association":                                {{from: "subnet_id", to: "route_table_id", kind: cmdb.DependsOn}},
	"aws_main_route_table_association":                           {{from: "vpc_id", to: "route_table_id", kind: cmdb.DependsOn}},
	"aws_efs_mount_target":                                       {{from: "file_system_id", to: "subnet_id", kind: cmdb.RunsOn, group: "subnets"}},
	"aws_iam_role_policy_attachment":                             {{from: "role", fromOf: "aws_iam_role", to: "policy_arn", kind: cmdb.DependsOn}},
	"aws_iam_user_policy_attachment":                             {{from: "user", fromOf: "aws_iam_user", to: "policy_arn", kind: cmdb.DependsOn}},
	"aws_iam_group_policy_attachment":                            {{from: "group", fromOf: "aws_iam_group", to: "policy_arn", kind: cmdb.DependsOn}},
	"aws_sns_topic_subscription":                                 {{from: "topic_arn", to: "endpoint", kind: cmdb.ConnectsTo}},
	"aws_lambda_event_source_mapping":                            {{from: "function_name", fromOf: "aws_lambda_function", to: "event_source_arn", kind: cmdb.DependsOn}},
	"aws_s3_bucket_notification":                                 {{from: "bucket", fromOf: "aws_s3_bucket", to: "lambda_function_arn", kind: cmdb.ConnectsTo}, {from: "bucket", fromOf: "aws_s3_bucket", to: "queue_arn", kind: cmdb.ConnectsTo}, {from: "bucket", fromOf: "aws_s3_bucket", to: "topic_arn", kind: cmdb.ConnectsTo}},
	"google_compute_attached_disk":                               {{from: "instance", to: "disk", kind: cmdb.StoresIn}},
	"azurerm_virtual_machine_data_disk_attachment":               {{from: "virtual_machine_id", to: "managed_disk_id", kind: cmdb.StoresIn}},
	"azurerm_subnet_network_security_group_association":          {{from: "subnet_id", to: "network_security_group_id", kind: cmdb.DependsOn}},
	"azurerm_network_interface_security_group_association":       {{from: "network_interface_id", to: "network_security_group_id", kind: cmdb.DependsOn}},
	"azurerm_subnet_route_table_association":                     {{from: "subnet_id", to: "route_table_id", kind: cmdb.DependsOn}},
	"azurerm_network_interface_backend_address_pool_association": {{from: "backend_address_pool_id", to: "network_interface_id", kind: cmdb.DependsOn, group: "targets"}},
	"azurerm_lb_rule":                                            {{from: "loadbalancer_id", to: "backend_address_pool_ids", kind: cmdb.DependsOn}},
	"openstack_compute_interface_attach_v2":                      {{from: "instance_id", to: "port_id", kind: cmdb.DependsOn}},
	"openstack_compute_volume_attach_v2":                         {{from: "instance_id", to: "volume_id", kind: cmdb.StoresIn}},
	"openstack_networking_secgroup_rule_v2":                      {{from: "remote_group_id", to: "security_group_id", kind: cmdb.ConnectsTo}},
	"flexibleengine_compute_interface_attach_v2":                 {{from: "instance_id", to: "port_id", kind: cmdb.DependsOn}},
	"flexibleengine_compute_volume_attach_v2":                    {{from: "instance_id", to: "volume_id", kind: cmdb.StoresIn}},
	"flexibleengine_networking_secgroup_rule_v2":                 {{from: "remote_group_id", to: "security_group_id", kind: cmdb.ConnectsTo}},
	"hcloud_volume_attachment":                                   {{from: "server_id", to: "volume_id", kind: cmdb.StoresIn}},
	"hcloud_load_balancer_target":                                {{from: "load_balancer_id", to: "server_id", kind: cmdb.DependsOn, group: "targets"}},
}
